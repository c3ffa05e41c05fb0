#!/usr/bin/env bash
# Node (26.10.0) takes a certificate whose base64 lacks its padding as `ca` of TLS without a word, and trusts nothing then.
#
# Why it matters: go-plugin's handshake has the server's certificate in base64 without padding (Go's RawStdEncoding). Wrapped
# into PEM lines as it is, tls.connect({ca}) makes no complaint, and the connection fails with DEPTH_ZERO_SELF_SIGNED_CERT, as if
# the certificate were another. The same file is refused by crypto.X509Certificate ("bad base64 decode").
# Cure: pad what comes from Go; check any `ca` that somebody gives with new X509Certificate() first.
#
# Needs: openssl, npm with network to a registry for Node. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Certificates differ in length: one whose base64 has padding is looked for.
for name in one other another more most; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
    -keyout key.pem -out cert.pem -subj "/O=$name/CN=localhost" -addext subjectAltName=DNS:localhost 2>/dev/null
  if grep -q '=$' cert.pem; then break; fi
done
grep -q '=$' cert.pem
tr -d '=' < cert.pem > unpadded.pem

cat > show.mjs <<'JS'
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';

const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const outcomes = [];
for (const file of ['cert.pem', 'unpadded.pem']) {
  const ca = readFileSync(file);
  const socket = connect({ port: server.address().port, host: '127.0.0.1', servername: 'localhost', ca });
  outcomes.push(await once(socket, 'secureConnect').then(() => 'connected', (error) => error.code));
  socket.destroy();
}
let read = 'read';
try {
  new X509Certificate(readFileSync('unpadded.pem'));
} catch (error) {
  read = error.code;
}
server.close();
console.log(`with padding: ${outcomes[0]}; without: ${outcomes[1]}; X509Certificate without: ${read}`);
process.exitCode = outcomes[0] === 'connected' && outcomes[1] === 'DEPTH_ZERO_SELF_SIGNED_CERT' && read !== 'read' ? 0 : 1;
JS
npx --yes node@26.10.0 show.mjs
