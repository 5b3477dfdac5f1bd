/** Name and version of the shipped model, as every alert states them and `weir --version` prints them. */
export const MODEL = { name: 'baselines', version: '1' } as const;
