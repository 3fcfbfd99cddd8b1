import { useEffect } from 'react';
import { CallButton, CallError, useCall } from '../call.tsx';
import { endSession } from '../calls/sessions.ts';
import { DeviceCard } from '../device-card.tsx';
import { laptop, phone, useDevice, type Device } from '../devices.ts';
import { finish, useJourney } from '../journey.ts';
import { Next } from '../next.tsx';
import { SignIn } from '../sign-in.tsx';

export const Sessions = () => {
  const { done } = useJourney();
  const { cause } = useDevice(phone);
  const wasEnded = cause?.sessionEndReason === 'REVOKED_BY_USER';
  useEffect(() => {
    if (wasEnded) finish('sessions');
  }, [wasEnded]);
  return (
    <>
      <p>
        Two clients, which know nothing of each other. Sign in on both, then end the session of the Phone from the Laptop. The Phone hears of it
        over its subscription and signs out at once: nothing is polled, and its access token is refused from then on.
      </p>
      <div className="demo-pair">
        <Panel device={laptop} />
        <Panel device={phone} />
      </div>
      {done.includes('sessions') && (
        <Next to="refresh">
          Refresh the tokens
        </Next>
      )}
    </>
  );
};

const Panel = ({ device }: { device: Device }) => {
  const { session, rows } = useDevice(device);
  return (
    <DeviceCard device={device}>
      {session ? (
        <>
          <h4>All sessions, as the {device.name} sees them</h4>
          <ul className="ag-list">
            {rows.map((row) => (
              <li key={row.id}>
                <span>
                  {row.device.name ?? 'Another device'} {row.current && <span className="ag-badge">this one</span>}
                </span>
                {!row.current && <End device={device} id={row.id} name={row.device.name ?? 'other device'} />}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <SignIn device={device} />
      )}
    </DeviceCard>
  );
};

const End = ({ device, id, name }: { device: Device; id: string; name: string }) => {
  const call = useCall();
  return (
    <span>
      <CallButton call={call} isSecond label={`End the session of the ${name}`} onClick={() => endSession(device.auth, id)}>
        End
      </CallButton>
      <CallError call={call} />
    </span>
  );
};
