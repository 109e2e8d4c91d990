import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { showCrowd } from '../../tests/web/crowd.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

suite('the tables of the dashboard', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('sort and filter by keys alone, and return where one was', async () => {
    const { page } = await board.visit();
    await page.getByRole('link', { name: 'Machines', exact: true }).press('Enter');
    const names = async () => page.locator('.body [role=cell]:first-child').allTextContents();
    await page.getByRole('button', { name: 'Machine' }).press('Enter');
    await page.getByRole('button', { name: 'Machine' }).press('Enter');
    await expect.poll(names).toEqual(expect.arrayContaining(['zoe']));
    expect((await names())[0]).toBe('zoe');
    await page.getByLabel('Filter machines').fill('cluster connected');
    await expect.poll(names).toEqual(['cluster-node-2', 'cluster-node-1']);
    await page.getByRole('link', { name: 'cluster-node-1' }).press('Enter');
    await page.getByRole('heading', { name: 'cluster-node-1' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Machines' }).waitFor();
    await expect.poll(names).toEqual(['cluster-node-2', 'cluster-node-1']);
    await page.getByLabel('Filter machines').fill('');
    await page.getByLabel('Group').selectOption('site');
    await page.getByRole('button', { name: 'of no site' }).press('Enter');
    const lines = ['▾ hub 1 connected', 'hub', expect.stringMatching('▸ of no site')];
    await expect.poll(names).toEqual(lines);
    expect(page.url()).toMatch(/machines\?sort=-Machine&by=site$/);
    await page.context().close();
  });

  test('find a tunnel by an address, from where its packets come or a site, and keep the chosen state', async () => {
    const { page } = await board.visit();
    await page.getByRole('link', { name: 'Tunnels', exact: true }).press('Enter');
    const names = async () => page.locator('.body [role=cell]:first-child').allTextContents();
    const seek = async (text: string, found: unknown): Promise<void> => {
      await page.getByLabel('Filter tunnels').fill(text);
      await expect.poll(names).toEqual(found);
    };
    await seek('10.86.0.8', ['zoe – hub']);
    await seek('198.51.100.24:', ['giessen – hub']);
    await seek('zoe nowhere', []);
    await seek('', expect.arrayContaining(['anna – hub', 'bob – hub', 'zoe – hub']));
    await page.getByLabel('State', { exact: true }).selectOption('down');
    await expect.poll(names).toEqual(['bob – hub']);
    expect(page.url()).toMatch(/tunnels\?state=down$/);
    await page.getByRole('link', { name: 'bob – hub' }).press('Enter');
    await page.getByRole('heading', { name: 'bob – hub' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Tunnels' }).waitFor();
    await expect.poll(names).toEqual(['bob – hub']);
    expect(await page.getByLabel('State', { exact: true }).inputValue()).toBe('down');
    // Beside the tunnels of one machine nothing is kept, and no address chooses.
    await page.goto('/n/net/machines/anna?state=down');
    await page.locator('.body').getByRole('link', { name: 'anna – hub' }).waitFor();
    await showCrowd(page, 'net');
    await page.goto('/n/net/tunnels?has=site-34+site-39');
    await page.getByText('250 of 10000').waitFor();
    await page.context().close();
  });
});
