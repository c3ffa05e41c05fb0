import { errorTable } from '../content/error.ts';

export const platformError = errorTable({
  REQUEST_INVALID: {
    means: 'The request has a parameter that cannot be used.',
    remedy: 'Correct the parameter named in the details; /openapi.json says what each may be.',
  },
  ROUTE_NOT_FOUND: {
    means: 'The hub has nothing at this address.',
    remedy: 'Look the address up in /openapi.json.',
  },
  UNAUTHENTICATED: {
    means: 'The request carries no token that the cluster knows.',
    remedy: 'Sign in, or send a Kubernetes bearer token, for example one made by "kubectl create token".',
  },
  SESSION_ENDED: {
    means: 'The session has ended.',
    remedy: 'Sign in again.',
  },
  SIGN_IN_REFUSED: {
    means: 'Nobody was signed in.',
    remedy:
      'Sign in again; if it stays so, compare what the details say with docs/sign-in.md, or ask who looks after the identity provider.',
  },
  SIGN_IN_UNKNOWN: {
    means: 'This belongs to no sign-in that has begun in this browser, or to one that took too long.',
    remedy: 'Sign in again, in a browser that takes cookies, and within ten minutes.',
  },
  SESSION_TOO_LARGE: {
    means: 'The token is too large to be kept in a cookie.',
    remedy:
      'Have the identity provider put less into ID tokens, for example only the groups that are meant for Skerry.',
  },
  SESSION_SECRET_MISSING: {
    means: 'The Secret for the keys of sessions does not exist.',
    remedy: 'Install or upgrade the hub with its chart, which makes the Secret.',
  },
  SESSION_SECRET_CONTESTED: {
    means: 'The Secret for the keys of sessions is changed by someone else again and again.',
    remedy: 'See who writes it (kubectl get secret -o yaml --show-managed-fields) and keep them from it.',
  },
  ISSUER_UNKNOWN: {
    means: 'This hub was told of no identity provider.',
    remedy:
      'Sign in with the token of a ServiceAccount, or have an administrator name an identity provider (docs/sign-in.md).',
  },
  ISSUER_UNREACHABLE: {
    means: 'The identity provider does not answer as it should.',
    remedy:
      'Try again; if it stays so, check its address, its certificate and the network from here to there.',
  },
  ACCESS_DENIED: {
    means: 'The user may not do this.',
    remedy: 'Ask a cluster administrator for a role that allows it, for example by binding skerry-viewer.',
  },
  PAGE_EXPIRED: {
    means: 'The list went on without this page.',
    remedy: 'Ask for the list again from its start, without continue.',
  },
  WATCH_EXPIRED: {
    means: 'What happened since the last event that was seen is not known any more.',
    remedy: 'Begin the watch again without Last-Event-ID and cursor: it tells all there is first.',
  },
  PACK_NOT_FOUND: {
    means: 'The registry holds no such pack.',
    remedy:
      'Check name and version against skerry pack list (GET /api/v1/packs); a pack that is missing comes with the next bundle or mirror job.',
  },
  PACK_UNREADABLE: {
    means: 'This pack cannot be read.',
    remedy: 'Push the pack again with a current skerry; the details say what is wrong with it.',
    exit: 3,
  },
  INSTALLATION_UNREADABLE: {
    means: 'What the installer wrote down in the cluster cannot be read.',
    remedy:
      'It was changed by hand, or by a program that is newer than the hub: see what skerry status says, and restore the ConfigMap that the details name.',
  },
  KUBECONFIG_UNAVAILABLE: {
    means: 'The hub cannot give a kubeconfig for this cluster.',
    remedy:
      'See the details: the address of its API server belongs into the cluster (spec.access), and its API server must trust the identity provider that people sign in to the hub with (docs/sign-in.md).',
  },
  RELEASE_UNKNOWN: {
    means: 'It is not known here which release is installed.',
    remedy:
      'The platform was not installed by skerry install, or not in this namespace; skerry status says what is installed in a cluster.',
  },
  RELEASE_UNREADABLE: {
    means: 'The release artifact cannot be read from the registry.',
    remedy: 'Bring the release to the registry again: skerry copy BUNDLE REGISTRY.',
    exit: 3,
  },
  NOT_READY: {
    means: 'The hub cannot serve yet.',
    remedy: 'Wait; if it stays so, look at what the details name.',
  },
  HUB_OPTION_INVALID: {
    means: 'The hub cannot start with this option.',
    remedy: 'Correct the option; "skerry hub --help" says what each may be.',
    exit: 2,
  },
  FLEET_NOT_LISTED: {
    means: 'The hub has not seen all clusters, profiles and other objects of the platform in time.',
    remedy:
      'Look in the log at what broke: the API server may be slow or away, or the hub may lack the right to list a kind. Once that is put right the hub starts by itself.',
  },
  HUB_LISTEN_FAILED: {
    means: 'The hub cannot listen on this address.',
    remedy: 'Choose another address with --listen, or end what uses it.',
  },
  TLS_SECRET_MISSING: {
    means: "The Secret for the hub's certificate does not exist.",
    remedy: 'Install the hub with its chart, which makes the Secret, or give --tls-cert and --tls-key.',
  },
  TLS_SECRET_CONTESTED: {
    means: "The Secret for the hub's certificate is changed by someone else again and again.",
    remedy: 'See who writes it (kubectl get secret -o yaml --show-managed-fields) and keep them from it.',
  },
  TLS_CERTIFICATE_INVALID: {
    means: 'This certificate and key cannot be used.',
    remedy: 'Give a certificate chain and the private key of its first certificate, both in PEM.',
    exit: 2,
  },
  SITE_UNKNOWN: {
    means: 'The hub does not know where agents are to find it.',
    remedy: 'Give --agents-url and --agents-registry: no node of this cluster has an internal address.',
  },
  HUB_FAILED: {
    means: 'Something in the hub went wrong.',
    remedy: "Look the request's id up in the hub's log and report what is there.",
  },

  AUDIT_FULL: {
    means: 'More is to be written down than the cluster takes, and no more can wait.',
    remedy: "Look in the hub's log for why the audit cannot be written, and try again.",
  },
  AUDIT_CONTESTED: {
    means: 'The audit could not be written: somebody else changes its page again and again.',
    remedy: 'See who writes it (kubectl get configmap -o yaml --show-managed-fields) and keep them from it.',
  },
  AUDIT_FILE_UNUSABLE: {
    means: 'A file of the audit cannot be read or written.',
    remedy: 'Give files that are there and may be read, and for an export a file that is not there yet.',
    exit: 2,
  },
  AUDIT_BROKEN: {
    means: 'The audit is not as it was written: a line was changed, cut out or put in.',
    remedy: 'Keep the file as it is, and compare it with earlier exports to see what was changed.',
    exit: 3,
  },
  AUDIT_EMPTY: {
    means: 'There is no audit.',
    remedy: "Check the file, or the namespace and the cluster: it is the hub's.",
    exit: 3,
  },

  ALERT_NOT_SENT: {
    means: 'A receiver did not take the alerts.',
    remedy: 'Check the AlertReceiver named in the details; it is tried again, less and less often.',
  },
  ALERT_RECEIVER_INVALID: {
    means: 'This AlertReceiver cannot be used.',
    remedy: 'Correct what the details name.',
  },

  GATEWAY_BACKUP_UNREADABLE: {
    means: 'This backup of a gateway cannot be opened.',
    remedy: 'Give the file as it was made and the private key that it was sealed for; nothing was changed.',
    exit: 3,
  },
  GATEWAY_BACKUP_FILE_INVALID: {
    means: 'A file of a gateway backup, or a key for one, cannot be read or written.',
    remedy: 'Give a file that is there and may be read, and for what is written one that is not there yet.',
    exit: 2,
  },
  GATEWAY_CLUSTER_EXISTS: {
    means: 'The cluster has some of the clusters already that would be restored into it.',
    remedy: 'Restore into a cluster that has never made them; two gateways must not have the same cluster.',
  },
  GATEWAY_KINDS_MISSING: {
    means: "The cluster does not serve Cluster API's kinds.",
    remedy: 'Name the cluster of a gateway; where it is one, wait until its layers are ready.',
  },
  GATEWAY_NOT_PAUSED: {
    means: 'The controllers of the gateway have not seen that its clusters are paused.',
    remedy:
      'Look at the pods in capi-system, then run the command again. Where they will not run again, restore a backup in place of moving.',
  },
  GATEWAY_MOVED: {
    means: 'The clusters of this gateway were moved to another one.',
    remedy: 'Work with the gateway that the details name.',
  },
  GATEWAY_PREFLIGHT_FAILED: {
    means: 'This cluster cannot become a gateway as it is.',
    remedy: 'Put right what the details name, then run the command again.',
  },

  AGENT_OPTION_INVALID: {
    means: 'The agent cannot start with this option.',
    remedy: 'Correct the option; "skerry agent --help" says what each may be.',
    exit: 2,
  },
  AGENT_STATE_INVALID: {
    means: 'What the agent has remembered in its cluster cannot be read.',
    remedy:
      'Restore the object named in the details from a backup of the cluster, or delete it: the hub then sends the envelope again, and nothing in the cluster is lost.',
  },
  AGENT_ALREADY_RUNS: {
    means: 'Another agent works in this cluster.',
    remedy: 'Wait until it ends; if this stays so, see who holds the Lease named in the details.',
  },
  AGENT_UPGRADE_FAILED: {
    means: 'The new version of the agent does not run, and the one before goes on.',
    remedy: "Look at the pods of the agent's Deployment, then name another version in the Cluster.",
  },
  LAYER_REGISTRY_UNKNOWN: {
    means: 'A layer comes from a registry that its envelope does not name.',
    remedy: 'Save the Cluster again, so that the hub makes another envelope.',
  },
  LAYER_FAILED: {
    means: 'A layer could not be applied.',
    remedy: "Look at the agent's log, then save the Cluster again or wait until it is tried again.",
  },
  LAYER_FOREIGN: {
    means: 'A Helm release with the name of a layer is there already, and no agent has made it.',
    remedy: 'Uninstall that release with Helm, or take the pack out of the profiles of the cluster.',
  },

  SIGNATURE_NOT_TRUSTED: {
    means: 'No key that is trusted here has signed this.',
    remedy: 'See who made it; take it only from its hub or agent, or enroll the agent again.',
    exit: 3,
  },
  SIGNED_TYPE_WRONG: {
    means: 'What was signed is of another type.',
    remedy: 'Give the file or message of the type named in the details.',
    exit: 3,
  },
  SEALING_KEY_INVALID: {
    means: 'Nothing can be sealed with this key.',
    remedy: 'Let the agent enroll again; it makes a new key.',
  },
  SEALED_VALUE_UNREADABLE: {
    means: 'A sealed value cannot be opened with the key of this agent.',
    remedy: 'Change the cluster, so that the hub seals the value again for the key that the agent has now.',
  },
  EVENTS_BROKEN: {
    means: "The agent's events do not follow on each other.",
    remedy: 'See what changed the events kept by the agent; what the hub has already is not touched.',
    exit: 3,
  },

  AUTHORITY_SECRET_MISSING: {
    means: "The Secret for the authority of the hub's agents does not exist.",
    remedy:
      'Install the hub with its chart, which makes the Secret, or name another with --authority-secret.',
  },
  AUTHORITY_SECRET_CONTESTED: {
    means: "The Secret for the authority of the hub's agents is changed by someone else again and again.",
    remedy: 'See who writes it (kubectl get secret -o yaml --show-managed-fields) and keep them from it.',
  },
  AUTHORITY_UNREADABLE: {
    means: 'The authority of the agents is incomplete or corrupt; the hub does not replace it by itself.',
    remedy: 'Restore the Secret from a backup; if it is lost, empty it and let every agent enroll again.',
  },
  AUTHORITY_NOT_ROTATING: {
    means: 'No other authority has been made that could take the place of this one.',
    remedy:
      'Begin with "skerry fleet authority rotate", and retire the old one once all agents know the next.',
  },
  AUTHORITY_NOT_ACKNOWLEDGED: {
    means: 'Agents of some clusters do not know the next authority yet and would lose their hub.',
    remedy:
      'Wait until they have connected, or carry their files; "skerry fleet authority show" names them. Name each one that is gone for good with --leave.',
  },
  CSR_INVALID: {
    means: 'This is no certificate request that the hub can use.',
    remedy: 'Send a PKCS #10 request in PEM, signed by its own key, of ECDSA P-256.',
  },
  CSR_KEY_WRONG: {
    means: "The certificate request is for another key than the agent's own.",
    remedy: 'Renew with the key that was accepted, or enroll the agent again with its new key.',
  },

  REPORT_FORGED: {
    means: 'This report is not by the agent that it is said to be of.',
    remedy: 'Take reports only from the agent itself; if its key was lost, let it enroll again.',
    exit: 3,
  },
  REPORT_INVALID: {
    means: 'This report cannot be read.',
    remedy: 'See whether agent and hub are of versions that go together; nothing of it was taken.',
    exit: 3,
  },
  ENVELOPE_INVALID: {
    means: 'This envelope cannot be read.',
    remedy: 'See whether hub and agent are of versions that go together; the one held before stays.',
    exit: 3,
  },
  ENVELOPE_FOREIGN: {
    means: 'This envelope is for another cluster.',
    remedy: 'Give each agent the envelope of its own cluster; the one held before stays.',
    exit: 3,
  },
  ENVELOPE_OUTDATED: {
    means: 'This envelope is older than the one that is held.',
    remedy: 'Export the envelope again; to go back to an earlier state, change the cluster in the hub.',
    exit: 3,
  },
  ENVELOPE_CONFLICT: {
    means: 'Two envelopes have the same number and say different things.',
    remedy:
      'Let hub and agent exchange once more: the hub takes over the one that is held. Then change the cluster again.',
    exit: 3,
  },
  MESSAGE_INVALID: {
    means: 'This is no message that hub and agent know.',
    remedy: 'See whether hub and agent are of versions that go together.',
  },

  DRIFT_WATCH_FAILED: {
    means: 'Something in the drift watch went wrong.',
    remedy:
      "Look at the agent's log and report what is there; what it says about drift may be old until then.",
  },

  NOT_LOGGED_IN: {
    means: 'This machine knows no hub yet.',
    remedy: 'Log in first: skerry login URL, with --token-file and --ca.',
    exit: 2,
  },
  LOGIN_ENDED: {
    means: 'The identity provider renews this login no more, or it is for another hub now.',
    remedy: 'Log in again with "skerry login".',
  },
  LOGIN_FILE_INVALID: {
    means: 'The file in which a login is kept cannot be used.',
    remedy: 'Correct what the details name, or delete the file and log in again.',
    exit: 2,
  },
  LOGIN_INVALID: {
    means: 'Nobody can log in with this.',
    remedy: 'Correct what the details name; "skerry login --help" shows examples.',
    exit: 2,
  },
  LOGIN_TOKEN_MISSING: {
    means: 'The user of this kubeconfig is known by a certificate or a password; the hub takes tokens only.',
    remedy:
      'Name a ServiceAccount for which this user may make tokens with --service-account NAMESPACE/NAME, or give a token with --token-stdin.',
    exit: 2,
  },
  HUB_CERTIFICATE_UNKNOWN: {
    means: 'No certificate of the hub has this fingerprint.',
    remedy: "Ask the hub's administrator for the fingerprint again; do not log in where they differ.",
    exit: 3,
  },
  HUB_UNREACHABLE: {
    means: 'The hub cannot be reached.',
    remedy: 'Check its address, the network and its certificate; what was asked for can be asked for again.',
  },
  HUB_ANSWER_INVALID: {
    means: 'The answer is not what a hub answers.',
    remedy: 'Check that the address is that of a hub, and that this program is as new as the hub.',
  },
  PROVIDER_VALUE_INVALID: {
    means: 'What OpenTofu or Terraform sent is no value of the type that the schema has.',
    remedy: 'Check that its version is one that docs/terraform.md names; else report it with this text.',
  },
  CLUSTER_NOT_COMPLETE: {
    means: 'The cluster is not complete and healthy after the time that was given.',
    remedy: 'Look at it with "skerry cluster show"; a further apply waits once more.',
  },
  OBJECT_NOT_GONE: {
    means: 'The object was deleted, but is still there after the time that was given.',
    remedy:
      'Look at what it waits for in its conditions, or with "skerry cluster show"; a further destroy waits once more.',
  },
  IMPORT_ID_INVALID: {
    means: 'That is not how such an object is called for an import.',
    remedy: 'Give PROJECT/NAME, or NAME alone where the provider has a project.',
  },
  PROJECT_UNNAMED: {
    means: 'No project is named.',
    remedy: 'Name one with --project or $SKERRY_PROJECT, or log in with --project.',
    exit: 2,
  },
  OBJECT_FILE_INVALID: {
    means: 'This file of objects cannot be used.',
    remedy: 'Correct what the details name; nothing of the file was sent.',
    exit: 2,
  },
  VARIABLE_INVALID: {
    means: 'This variable cannot be set so.',
    remedy: 'Look at the variables of the profile with skerry profile show.',
    exit: 2,
  },
  PROFILE_IN_USE: {
    means: 'Clusters have this version of the profile.',
    remedy: 'Give them another version first, with skerry cluster use or skerry fleet rollout start.',
  },
  ROLLOUT_STOPPED: {
    means: 'The rollout has stopped before it was complete.',
    remedy: 'Look at it with skerry fleet rollout show; resume it, or roll it back.',
  },
  ROLLBACK_UNKNOWN: {
    means: 'It is not known which version was there before.',
    remedy: 'Name the version with --to.',
    exit: 2,
  },
  AGENT_NOT_ASKING: {
    means: 'No agent asks to be that of this cluster.',
    remedy:
      'Apply what skerry cluster enroll prints in the cluster, and wait with skerry cluster wait --for asking.',
  },
  AGENT_KEY_DIFFERENT: {
    means: 'Another agent asks than the one that was named.',
    remedy: "Compare the fingerprint in the agent's log; enroll again where a stranger had the token.",
    exit: 3,
  },
  WAIT_TIMEOUT: {
    means: 'What was waited for has not come true in time.',
    remedy: 'Look at what the details name; wait again, longer, with --timeout.',
  },

  OBJECT_NOT_FOUND: {
    means: 'There is no such object.',
    remedy: 'Check its name and project against the list of its kind.',
  },
  OBJECT_EXISTS: {
    means: 'An object of this name exists already.',
    remedy: 'Choose another name, or change the object that exists with PUT or PATCH.',
  },
  FIELD_UNKNOWN: {
    means: 'There is no such field.',
    remedy: 'Take it out, or correct its name; /openapi.json has all that there are.',
  },
  FIELD_MISSING: {
    means: 'A field that is needed is missing.',
    remedy: 'Add it; /openapi.json says what it may be.',
  },
  FIELD_INVALID: {
    means: 'A field says what it can not say.',
    remedy: 'Correct it as the detail says.',
  },
  OBJECT_IMMUTABLE: {
    means: 'What this object says never changes.',
    remedy: 'Create another object in its place; of a cluster profile, a new version.',
  },
  PROJECT_NOT_FOUND: {
    means: 'There is no such project.',
    remedy: 'Check its name against /api/v1/projects, or create the project first.',
  },
  PROJECT_NOT_EMPTY: {
    means: 'The project still has clusters.',
    remedy: 'Delete its clusters first; nothing was deleted.',
  },
  PROJECT_FOREIGN: {
    means: 'A namespace of this name exists and is no project.',
    remedy:
      'Choose another name; to make the namespace a project, have an administrator label it skerry.dev/project=true.',
  },
  PRECONDITION_FAILED: {
    means: 'The object is not as the request expects it.',
    remedy: 'Read the object again, and repeat the change with its current ETag.',
  },
  PRECONDITION_REQUIRED: {
    means: 'The request must say what it expects the object to be.',
    remedy: 'Send If-Match with the ETag of the object that was read, or If-None-Match: * to create it.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    means: 'This Idempotency-Key was used for another request.',
    remedy: 'Use a new key for each new object, and the same only to repeat the same request.',
  },
  BODY_TOO_LARGE: {
    means: 'The body of the request is too large.',
    remedy: 'Send at most 64 KiB; long values belong into the pack, secrets into a Secret.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    means: 'The body of the request has a type that is not taken here.',
    remedy: 'Send JSON as application/json or, with PATCH, as application/merge-patch+json.',
  },
  ORIGIN_REFUSED: {
    means: 'A page of another site sent this request.',
    remedy: 'Send the request from a program, or from a page that the hub itself serves.',
  },
  REQUESTS_TOO_MANY: {
    means: 'The user sends requests faster than the hub takes them.',
    remedy: 'Wait for as many seconds as Retry-After says; to follow changes, watch instead of asking again.',
  },
  WATCHES_TOO_MANY: {
    means: 'Too many watches are open.',
    remedy: 'End watches that are no longer needed, then open this one again.',
  },

  AGENT_FILE_INVALID: {
    means: 'This is no report of an agent that can be read.',
    remedy: 'Give the file as "skerry report export" wrote it, and export it again if it was damaged.',
    exit: 3,
  },
  AGENT_FILE_FORGED: {
    means: 'The key that this report names has not signed it.',
    remedy: 'Do not use the file; see who had it in their hands, and export it again.',
    exit: 3,
  },
  AGENT_FILE_FOREIGN: {
    means: 'The report comes from an agent that this hub has not accepted for the cluster.',
    remedy:
      'Check that it is for this hub, and that the cluster names the key of its agent (spec.agent.key).',
    exit: 3,
  },
  HUB_FILE_INVALID: {
    means: 'This file for an agent cannot be read.',
    remedy: 'Export the cluster again with "skerry fleet export".',
    exit: 3,
  },
  HUB_FILE_FOREIGN: {
    means: 'This file is for another cluster.',
    remedy: 'Import a stick that was made for this cluster.',
    exit: 3,
  },
  STICK_INVALID: {
    means: 'This folder is no stick of a fleet that can be read.',
    remedy: 'Give the folder that "skerry fleet export" has written, and let it finish.',
    exit: 2,
  },
  STICK_FOREIGN: {
    means: 'The stick has nothing for this cluster.',
    remedy: 'Export this cluster too with "skerry fleet export".',
    exit: 3,
  },
  STICK_OUTDATED: {
    means: 'The stick is older than what the cluster has.',
    remedy: 'Nothing was changed. Bring a report to the hub and export the cluster again.',
    exit: 3,
  },
  STICK_CONTENT_MISSING: {
    means: "The stick leaves out content that the site's registry should have and has not.",
    remedy: 'Export the cluster again with "skerry fleet export --all", which leaves nothing out.',
    exit: 3,
  },
  AGENT_NOT_FOUND: {
    means: 'No agent of Skerry has been at work in this cluster.',
    remedy: 'Check the kubeconfig and the namespace, and install the agent first.',
  },
  FILE_SECRET_CONTESTED: {
    means: "The Secret for the agent's files is changed by someone else again and again.",
    remedy: 'See who writes it (kubectl get secret -o yaml --show-managed-fields) and keep them from it.',
  },

  TOKEN_UNKNOWN: {
    means: 'This token is none that the hub has given out.',
    remedy: 'Make a new enrollment for the cluster and use its manifest or token.',
  },
  TOKEN_EXPIRED: {
    means: 'This token was not used in time.',
    remedy: 'Make a new enrollment for the cluster and use its manifest or token.',
  },
  TOKEN_USED: {
    means: 'Another agent has used this token.',
    remedy: 'Find out who; then make a new enrollment for the cluster and use its manifest or token.',
  },
  KEY_NOT_ACCEPTED: {
    means: 'No cluster has accepted the key of this agent.',
    remedy: "Accept it by the cluster's spec.agent.key, or make a new enrollment for the cluster.",
  },
  CLUSTER_NOT_FOUND: {
    means: 'The project has no such cluster.',
    remedy: 'Make the Cluster first, or correct its name.',
  },
  ENROLL_INVALID: {
    means: 'This is no request to enroll.',
    remedy: 'See whether hub and agent are of versions that go together.',
  },
  CLUSTER_CHANGING: {
    means: 'The cluster is changed by someone else again and again.',
    remedy: 'Try again; if it stays so, see who writes it (kubectl get -o yaml --show-managed-fields).',
  },
  AGENT_CERTIFICATE_INVALID: {
    means: 'The agent shows no certificate of this hub.',
    remedy: 'Nothing, where the agent asks for another one by itself; otherwise enroll it again.',
  },
  AGENT_CERTIFICATE_EXPIRED: {
    means: "The agent's certificate has run out.",
    remedy: 'Nothing: the agent gets another one for its key, as long as that is accepted.',
  },
  AGENT_DUPLICATED: {
    means: 'Two agents with the same key speak for one cluster.',
    remedy:
      'A cluster was copied with its agent: in the copy, delete the Secret skerry-agent-identity and enroll it as a cluster of its own; or end the older of two agents.',
  },
  AGENTS_TOO_MANY: {
    means: 'More agents are connected than this hub takes.',
    remedy: 'Run more replicas of the hub; agents try again by themselves.',
  },
  AGENTS_OPTION_INVALID: {
    means: "The agents' door cannot be opened with this option.",
    remedy: 'Correct the option; "skerry hub --help" says what each may be.',
    exit: 2,
  },
  CARRY_REGISTRY_UNNAMED: {
    means: 'The envelope takes packs from a registry that was not named.',
    remedy: 'Name it with --registry ADDRESS, or --registry NAME=ADDRESS for one of several.',
    exit: 2,
  },
  CARRY_OPTION_INVALID: {
    means: 'The command cannot work with this option.',
    remedy: 'Correct the option; the details say what is wrong with it.',
    exit: 2,
  },

  IDENTITY_UNREADABLE: {
    means: "The agent's own key is corrupt.",
    remedy: 'Restore the Secret from a backup, or delete it and enroll the agent again.',
  },
  IDENTITY_CONTESTED: {
    means: "The Secret with the agent's key is changed by someone else again and again.",
    remedy: 'See whether two agents run in this cluster, and end one.',
  },
  HUB_REFUSED: {
    means: 'The hub refuses this agent.',
    remedy: 'Look the code in the details up; the agent tries again by itself.',
  },
  TOKEN_MISSING: {
    means: 'The agent has no certificate and no token to get one with.',
    remedy: 'Make an enrollment for the cluster and apply its manifest.',
  },

  PACK_DIGEST_UNKNOWN: {
    means: 'The registry holds no pack with this digest, or another pack under it.',
    remedy: 'Take the digest from /api/v1/packs; name, version and digest must be of the same pack.',
  },
  PACK_REGISTRY_UNKNOWN: {
    means: 'The project has no such PackRegistry.',
    remedy: 'Create the PackRegistry, or correct its name in the profile.',
  },
  PACK_PRESET_UNKNOWN: {
    means: 'The pack has no preset of this name.',
    remedy: "Name one of the pack's presets; the details list them.",
  },
  PACK_DEPENDENCY_UNMET: {
    means: 'A pack needs another pack that the cluster does not have, or not in a version that will do.',
    remedy: 'Add the pack named in the details to a profile of the cluster, in a version within the range.',
  },
  VALUES_INVALID: {
    means: 'The values of a pack cannot be used.',
    remedy: "Correct the values; the pack's schema (/api/v1/packs) says what each may be.",
  },
  VARIABLE_UNKNOWN: {
    means: 'The profile declares no variable of this name.',
    remedy: 'Declare the variable in the profile, or write $${ where the text ${ is meant.',
  },
  VARIABLE_MISSING: {
    means: 'A variable has no value.',
    remedy: "Give it a value in the cluster's spec.profiles[].variables.",
  },
  SECRET_MISSING: {
    means: 'A Secret or one of its keys is not in the project.',
    remedy: "Create the Secret in the project's namespace with the key named in the details.",
  },
  SECRET_NOT_LENT: {
    means: 'A Secret does not say that the hub may use it so.',
    remedy:
      'Who may write the Secret labels it skerry.dev/use=variables, kubeconfig, registry or alerts and, for the latter two, names in its annotation skerry.dev/hosts where it may be sent.',
  },
  SEALING_KEY_MISSING: {
    means: 'The agent has not given a key that secrets can be sealed for.',
    remedy: 'Wait until the agent has enrolled; it gives its key then.',
  },
  LAYER_NAME_TAKEN: {
    means: 'Two profiles of the cluster have the same pack.',
    remedy: 'Take the pack out of one of the profiles; a cluster has each pack once.',
  },
  LAYER_NAMESPACE_CHANGED: {
    means: 'A layer that the cluster has would move to another namespace.',
    remedy: 'Keep the namespace, or take the pack out of the cluster first and add it when it is gone.',
  },
  DEPENDENCY_UNKNOWN: {
    means: 'A pack is to wait for one that the cluster does not have.',
    remedy: 'Correct dependsOn, or add the pack to a profile of the cluster.',
  },
  DEPENDENCY_CYCLE: {
    means: 'Packs wait for each other in a circle.',
    remedy: 'Take one of the dependencies named in the details away.',
  },
  PROFILE_NOT_FOUND: {
    means: 'The project has no such version of the profile.',
    remedy: 'Create the ClusterProfile NAME-VERSION, or name a version that exists.',
  },
  PROFILES_MISSING: {
    means: 'The cluster has layers and names no profile any more.',
    remedy:
      'Name its profiles again; to remove all layers, take the last profile away with skerry cluster unuse, or set spec.policy.allowEmpty.',
  },
  MAINTENANCE_WINDOW_INVALID: {
    means: 'A maintenance window names a time zone that does not exist.',
    remedy: 'Name a time zone of the IANA database, for example Europe/Berlin.',
  },
  AGENT_VERSION_UNKNOWN: {
    means: 'The hub knows no agent of this version.',
    remedy: "Name a version that the platform's release carries, or leave spec.agent.version out.",
  },
  AGENT_OF_ANOTHER_CLUSTER: {
    means: 'In the cluster of a kubeconfig there is already the agent of another Cluster.',
    remedy:
      'Name the kubeconfig of the right cluster, or take spec.kubeconfig away; the agent that is there was left alone.',
  },
  AGENT_PROTOCOL_OLD: {
    means: 'The agent speaks only protocols that this hub no longer speaks.',
    remedy:
      'Upgrade the agent: apply in its cluster what "skerry cluster enroll" prints. What it holds it goes on with meanwhile.',
  },
  AGENT_PROTOCOL_NEW: {
    means: 'The agent speaks only protocols that this hub does not speak yet.',
    remedy: 'Upgrade the hub, or go back to an earlier version of the agent. What it holds it goes on with.',
  },
  AGENT_FEATURE_MISSING: {
    means: "The cluster's desired state makes use of something that its agent does not know yet.",
    remedy:
      'Leave out what the details name until the cluster runs a newer agent (spec.agent.version), then save it again.',
  },
  ENVELOPE_TOO_NEW: {
    means: 'The envelope makes use of something that this version of the agent does not know.',
    remedy: 'Name a newer agent in spec.agent.version; the agent goes on with what it holds.',
  },
  AGENT_OF_ANOTHER_HUB: {
    means: 'In the cluster of a kubeconfig there is already the agent of another hub.',
    remedy:
      'Name the kubeconfig of the right cluster, or take spec.kubeconfig away; the agent that is there was left alone. To take the cluster over, delete its namespace skerry-system first.',
  },
  ENVELOPE_TOO_LARGE: {
    means: 'The desired state of the cluster is too large to be kept as an object.',
    remedy: "Take packs out, or shorten their values; what a pack's preset says need not be repeated.",
  },
  CONTROLLER_NOT_LEADING: {
    means: 'Another hub runs the controllers.',
    remedy: 'Nothing is to be done; this one waits until the other has gone.',
  },
  GATEWAY_UNKNOWN: {
    means: 'There is no such gateway, or the account names none.',
    remedy: 'Name a gateway of the same project in spec.gateway of the account (skerry gateway list).',
  },
  GATEWAY_NOT_ENROLLED: {
    means: 'The cluster of the gateway has no agent yet, so that nobody can make machines.',
    remedy: 'Let the agent of that cluster join (skerry cluster enroll), or wait until it has.',
  },
  GATEWAY_ELSEWHERE: {
    means: 'The cluster was made by its gateway in another place, and would be made once more.',
    remedy:
      'Bring what the gateway had into the cluster that it names now (skerry gateway move, or restore its backup there), then run skerry gateway install NAME --cluster CLUSTER.',
  },
  GATEWAY_PACK_MISSING: {
    means: 'The registry lacks a pack that gateways work with.',
    remedy:
      "Bring the bundle that has it to the registry of the platform (skerry copy BUNDLE https://REGISTRY, or a mirror job): those of gateways come with the platform, AWS's provider in a bundle of its own. It goes on by itself then.",
  },
  GATEWAY_FULL: {
    means: 'The desired state of the gateway has no room for another cluster.',
    remedy: 'Make a second gateway, and an account that names it, or delete clusters that are not needed.',
  },
  GATEWAY_IN_USE: {
    means: 'Accounts or clusters still need the gateway.',
    remedy: 'Delete the clusters that it made and the accounts that name it first.',
  },
  ACCOUNT_UNKNOWN: {
    means: 'There is no such cloud account.',
    remedy: 'Name one that exists (skerry account list), or create it first.',
  },
  ACCOUNT_NOT_SHARED: {
    means: 'The cloud account may not be used by this project.',
    remedy: "Ask its owner to name the project in the account's spec.usableBy, and in that of its gateway.",
  },
  ACCOUNT_ENDPOINTS_DIFFER: {
    means: "Accounts of one gateway and one region of AWS have different endpoints; one of them isn't used.",
    remedy: 'Give them the same endpoint, or put one of them at another gateway.',
  },
  ACCOUNT_NOT_READY: {
    means: 'The cloud account cannot be given to its gateway yet.',
    remedy: 'Look at the account (skerry account show): its own condition says what it lacks.',
  },
  ACCOUNT_IN_USE: {
    means: 'Clusters were made with the cloud account, and their machines cannot be deleted without it.',
    remedy: 'Delete those clusters first; the details name them.',
  },
  CLUSTER_NAME_UNFIT: {
    means: 'The name does not do for a cluster whose machines are called after it.',
    remedy: 'Choose a name of at most 30 small letters, digits and hyphens that begins with a letter.',
  },
  CLUSTER_PROTECTED: {
    means: 'The cluster is protected against being deleted.',
    remedy: 'Set spec.provision.deletion to delete or orphan first.',
  },
  MACHINE_NAMES_TAKEN: {
    means: "A pool's machines would be called as those of another cluster.",
    remedy: 'Choose another name for the cluster or the pool.',
  },
  PLACEMENT_UNFIT: {
    means: "Where machines are to be made is not said in the words of the account's kind of cloud.",
    remedy: 'Correct the field; docs/clusters.md says what each kind of cloud takes.',
  },
  PROVISION_INVALID: {
    means: 'What is to be made cannot be made like this.',
    remedy: 'Correct the field that is named.',
  },
  SIZE_UNKNOWN: {
    means: 'The gateway has no size of machines by this name.',
    remedy:
      "Name one of the sizes in the details, add it to the gateway's spec.nodes.sizes, or give cpus and memoryMiB.",
  },
  POOL_UNKNOWN: {
    means: 'The gateway has no such pool of addresses.',
    remedy: "Name one of the pools in the details, or add it to the gateway's spec.pools.",
  },
  ENDPOINT_MISSING: {
    means: "The cluster's API server has no address.",
    remedy: 'Give spec.provision.endpoint a host, or a pool of the gateway that an address is taken from.',
  },
  TEMPLATE_MISSING: {
    means: 'Nothing says which template machines are made from.',
    remedy: "Name one in the cluster's spec, or in the gateway's spec.nodes.template for all clusters.",
  },
  KUBERNETES_UNKNOWN: {
    means: 'The registry has no nodes for this version of Kubernetes.',
    remedy:
      'Choose one of the versions in the details, or import a bundle with the content for nodes that has it.',
  },
  KUBERNETES_STEP_INVALID: {
    means: 'Kubernetes goes up by one minor version at a time, and never down.',
    remedy: 'Name the next minor version first, and go on once the cluster has it.',
  },
  CLUSTER_NOT_MADE: {
    means: 'The cluster was not made by a gateway, so that it has no machines to speak of.',
    remedy: 'Look at its nodes with skerry cluster show; only a cluster with spec.provision has machines.',
    exit: 2,
  },
  PROVISION_INCOMPLETE: {
    means: 'A cluster that is to be made needs more than an account.',
    remedy: 'Give --kubernetes and --size too, or a file with --from.',
    exit: 2,
  },
});
