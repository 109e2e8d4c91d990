import type { MouseEvent, ReactNode } from 'react';
import { goTo } from '../route.ts';

interface LinkProps {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly isHere?: boolean;
  /** What a link says that shows no text. */
  readonly label?: string;
  readonly onFocus?: () => void;
}

/** A link within the dashboard: no page is loaded, unless somebody wants it in another tab. */
export function Link({ to, children, className, isHere, label, onFocus }: LinkProps) {
  const go = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    goTo(to);
    window.scrollTo(0, 0);
  };
  return (
    <a
      href={to}
      onClick={go}
      onFocus={onFocus}
      className={className}
      aria-label={label}
      aria-current={isHere ? 'page' : undefined}
    >
      {children}
    </a>
  );
}
