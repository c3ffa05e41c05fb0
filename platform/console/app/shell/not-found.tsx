import { Link } from '@tanstack/react-router';
import { Empty } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty title="The console has no page at this address.">
        <p>
          <Link to="/fleet">Go to the fleet</Link>
        </p>
      </Empty>
    </Page>
  );
}
