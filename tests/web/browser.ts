import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's browser, or a program that starts it elsewhere: it asks nobody for anything but what a page wants of it. */
export const openBrowser = async (executablePath = '/usr/bin/chromium'): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
      // Nothing has a name or an address but loopback, and the hub of a network in namespaces.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE 10.77.0.1',
    ],
  });

export type Scheme = 'light' | 'dark';

export interface Seen {
  readonly page: Page;
  /** Addresses of other origins that were asked, and what the content security policy refused. */
  readonly offences: string[];
}

/** A page at a server, and what it does that it may not. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  { scheme = 'light', width = 1280, height = 800 }: Partial<Look> = {},
): Promise<Seen> {
  const context = await browser.newContext({
    ...{ baseURL, ignoreHTTPSErrors: true, colorScheme: scheme },
    viewport: { width, height },
  });
  const page = await context.newPage();
  const offences: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${baseURL}/`) && !url.startsWith('data:')) offences.push(url);
  });
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) offences.push(message.text());
  });
  page.on('pageerror', (error) => offences.push(error.message));
  return { page, offences };
}

export interface Look {
  readonly scheme: Scheme;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** `then`: what is there afterwards; where a server has one network, its pages. */
export async function logIn(
  page: Page,
  token: string,
  then = page.getByRole('navigation', { name: 'Pages' }),
): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await then.waitFor();
}
