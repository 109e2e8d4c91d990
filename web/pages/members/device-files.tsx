import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Accepted, InviteFile } from '#api';
import { Copyable } from '../../parts/copyable.tsx';
import { Qr } from './qr.tsx';

interface DeviceFilesProps {
  /** With the private key in them. */
  readonly files: Accepted['files'];
  /** Told when the device has its key. */
  readonly onTaken: () => void;
}

interface System {
  readonly name: string;
  readonly show: (props: DeviceFilesProps) => ReactNode;
}

const Step = ({ children }: { readonly children: ReactNode }) => <li>{children}</li>;

const Command = ({ text }: { readonly text: string }) => (
  <div className="command">
    <Copyable text={text} what={`the command ${text.split(' ').slice(0, 3).join(' ')}`} />
  </div>
);

/** What a browser keeps as a file, without asking anybody for it. */
function save({ name, text }: InviteFile): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function Download({ file, onTaken }: { readonly file: InviteFile; readonly onTaken: () => void }) {
  const take = (): void => {
    save(file);
    onTaken();
  };
  return <Button onClick={take}>Download {file.name}</Button>;
}

const deviceOf = ({ name }: InviteFile): string => name.replace(/\.[^.]*$/, '');

const App = () => (
  <>
    the WireGuard app (<code>wireguard.com/install</code>)
  </>
);

function Computer({ files: { windows }, onTaken }: DeviceFilesProps) {
  return (
    <ol className="steps">
      <Step>
        Install <App />.
      </Step>
      <Step>
        <Download file={windows} onTaken={onTaken} />
      </Step>
      <Step>
        In the app: <em>Import tunnel(s) from file</em>, then <em>Activate</em>.
      </Step>
      <Step>Delete the downloaded file: the app has it.</Step>
    </ol>
  );
}

function Phone({ files: { qr, windows }, onTaken }: DeviceFilesProps) {
  return (
    <ol className="steps">
      <Step>Install WireGuard from your app store.</Step>
      {qr && (
        <Step>
          On another screen than the phone’s: in the app, <em>+</em> and <em>Scan from QR code</em>.
          <Qr text={qr.text} what="The tunnel as a QR code" />
        </Step>
      )}
      <Step>
        {qr ? 'On the phone itself: download the file, then' : 'Download the file, then'} in the app{' '}
        <em>+</em> and <em>Import from file</em>.
        <div className="command">
          <Download file={qr ?? windows} onTaken={onTaken} />
        </div>
      </Step>
    </ol>
  );
}

function NetworkManager({ files: { networkManager }, onTaken }: DeviceFilesProps) {
  const { name } = networkManager;
  return (
    <ol className="steps">
      <Step>
        <Download file={networkManager} onTaken={onTaken} />
      </Step>
      <Step>
        Put it where NetworkManager looks:
        <Command
          text={`sudo install -m 600 ${name} /etc/NetworkManager/system-connections/ && sudo nmcli connection reload`}
        />
      </Step>
      <Step>
        Switch it on, here or in the desktop’s menu:
        <Command text={`nmcli connection up ${deviceOf(networkManager)}`} />
      </Step>
    </ol>
  );
}

function Quick({ files: { wgQuick }, onTaken }: DeviceFilesProps) {
  return (
    <ol className="steps">
      <Step>
        <Download file={wgQuick} onTaken={onTaken} />
      </Step>
      <Step>
        With the package <code>wireguard-tools</code>:
        <Command text={`sudo install -m 600 ${wgQuick.name} /etc/wireguard/`} />
        <Command text={`sudo systemctl enable --now wg-quick@${deviceOf(wgQuick)}`} />
      </Step>
    </ol>
  );
}

const systems: readonly [System, ...System[]] = [
  { name: 'Windows or macOS', show: Computer },
  { name: 'Phone or tablet', show: Phone },
  { name: 'Linux desktop', show: NetworkManager },
  { name: 'Linux server', show: Quick },
];

/** What the device likely is on which the page is. */
function likely(): System {
  const { userAgent } = navigator;
  const [computer, phone = computer, desktop = computer] = systems;
  if (/Android|iPhone|iPad/.test(userAgent)) return phone;
  return userAgent.includes('Linux') ? desktop : computer;
}

/** The tunnel for the software of each system, with what to do with it. */
export function DeviceFiles(props: DeviceFilesProps) {
  const [chosen, setChosen] = useState(likely);
  return (
    <>
      <fieldset className="choice">
        <legend>What is the device?</legend>
        {systems.map((system) => (
          <label key={system.name}>
            <input
              type="radio"
              name="system"
              checked={system === chosen}
              onChange={() => setChosen(system)}
            />
            {system.name}
          </label>
        ))}
      </fieldset>
      <chosen.show {...props} />
    </>
  );
}
