// Name servers in the test's own process: a table of records that answers as Node's resolver does.
export type Records = Record<string, unknown[]>;

/**
 * A resolver over a table whose keys are `NAME TYPE`. Names without any record are not there; `NAME TYPE` with `'broken'`
 * as its only record is a server that fails.
 */
export function zone(records: Records): (name: string, type: string) => Promise<unknown> {
  return (name, type) => {
    const found = records[`${name} ${type}`];
    if (found?.[0] === 'broken') return Promise.reject(failure(name, 'ESERVFAIL'));
    if (found) return Promise.resolve(found);
    const exists = Object.keys(records).some((key) => key.startsWith(`${name} `));
    return Promise.reject(failure(name, exists ? 'ENODATA' : 'ENOTFOUND'));
  };
}

function failure(name: string, code: string): Error {
  return Object.assign(new Error(`query${code} ${name}`), { code });
}
