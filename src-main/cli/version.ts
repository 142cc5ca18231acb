// The version, as the package says.
import data from '../../package.json' with { type: 'json' };

export const version: string = data.version;
