import { useEffect, useState } from 'react';

interface CopyableProps {
  /** All of it, which is what is copied. */
  readonly text: string;
  /** What is seen of it, where that is less. */
  readonly short?: string;
  readonly what: string;
}

/** Milliseconds for which it says that it did. */
const said = 1500;

/** A text that nobody wants to select by hand. */
export function Copyable({ text, short = text, what }: CopyableProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    const timer = isCopied ? setTimeout(() => setCopied(false), said) : undefined;
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Where a page came without TLS, browsers have no clipboard for it.
  const clipboard = (navigator as Partial<Navigator>).clipboard;
  const copy = (): void => void clipboard?.writeText(text).then(() => setCopied(true));
  return (
    <span className="copyable">
      <code title={text}>{short}</code>
      {clipboard && (
        <button type="button" onClick={copy} aria-label={`Copy ${what}`}>
          {isCopied ? 'copied' : 'copy'}
        </button>
      )}
    </span>
  );
}
