import { describeProvider } from '../../testing/describe-provider.ts';
import { startFakeBench } from './testing/bench.ts';

describeProvider('openstack, over a fake of its services', startFakeBench);
