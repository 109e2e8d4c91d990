import QrCode from 'qrcode';
import { useMemo } from 'react';

/** Modules of white around a code (ISO/IEC 18004, 9.1 asks for four). */
const margin = 4;

/** A text as a QR code, black on white in any colours. */
export function Qr({ text, what }: { readonly text: string; readonly what: string }) {
  const { path, size } = useMemo(() => {
    const { modules } = QrCode.create(text, { errorCorrectionLevel: 'L' });
    const dark = [...modules.data].flatMap((one, index) =>
      one ? [`M${index % modules.size},${Math.floor(index / modules.size)}h1v1h-1z`] : [],
    );
    return { path: dark.join(''), size: modules.size };
  }, [text]);
  const whole = size + 2 * margin;
  return (
    <svg className="qr" viewBox={`${-margin} ${-margin} ${whole} ${whole}`} role="img">
      <title>{what}</title>
      <path d={`M${-margin},${-margin}h${whole}v${whole}h${-whole}z`} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}
