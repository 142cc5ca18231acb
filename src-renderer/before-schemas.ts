// Tells zod not to compile schemas with `new Function`, which the page's security policy forbids; imported before any schema.
import { z } from 'zod';

z.config({ jitless: true });
