import { useEffect, useState } from 'react';

/** A value that has not changed for some milliseconds: nobody is asked at every letter typed. */
export function useRested<T>(value: T, pause = 400): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return rested;
}
