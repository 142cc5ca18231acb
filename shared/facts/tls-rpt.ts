// What `tls-rpt` finds, and the records.
import { z } from 'zod';

export const tlsRptFacts = {
  fine: z.object({ record: z.string() }),
  broken: z.object({ records: z.array(z.string()) }),
};
