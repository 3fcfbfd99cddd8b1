// A device as its user sees it: signed in or not, and why not.
import { useEffect, type ReactNode } from 'react';
import { useDevice, type Device } from './devices.ts';

export const DeviceCard = ({ device, children }: { device: Device; children?: ReactNode }) => {
  const { session, cause } = useDevice(device);
  useEffect(device.follow, [device]);
  return (
    <section className="ag-card demo-device" aria-label={device.name}>
      <h3>{device.name}</h3>
      <p role="status" className={session ? 'demo-fine' : 'demo-refused'}>
        {session ? `Signed in as ${session.user.email}` : cause ? `Signed out: ${cause.message}` : 'Signed out'}{' '}
        {cause && <code>{cause.sessionEndReason ?? cause.code}</code>}
      </p>
      {children}
    </section>
  );
};
