// Scenarios of the check that compares a server with what earlier runs saw: looks at it one after another, and what the last one finds.
import { scenarios } from '../scenario.ts';

/** Hosts of the lab with an address each: the machines that the server may be on. */
export type Machine = 'old' | 'new' | 'third' | 'fourth';

/** How a server shows itself. Certificates `first` and `renewed` are for the same name, `other` is for another. */
export interface Face {
  name: string;
  software: string;
  certificate: 'first' | 'renewed' | 'other' | null;
}

/** One run, and how the world is then. */
export interface Look {
  /** Days after the look before. */
  after?: number;
  /** Where mail.office.example leads. */
  leads?: readonly Machine[];
  /** Who answers where. */
  answers?: Partial<Record<Machine, Face>>;
  /** The route names the server, or the address of `old`; or there is none, and the MX names it. */
  route?: 'name' | 'address' | 'none';
  /** What the MX records name. */
  mx?: string;
  relay?: string;
  /** No question to a name server is answered. */
  network?: 'cut';
}

export interface MovedWorld {
  looks: readonly Look[];
}

const usual: Face = { name: 'mail.office.example', software: 'Postfix', certificate: 'first' };
const plain: Face = { ...usual, certificate: null };
const home: Look = { leads: ['old'], answers: { old: usual }, route: 'name', mx: 'mail.office.example' };
const both = { old: usual, new: usual };
const looks = (...all: Look[]): MovedWorld => ({ looks: all.map((look) => ({ ...home, ...look })) });
const gone: Look = { leads: ['new'], answers: { new: usual }, route: 'address' };
const relay = 'relay.mailward.example';

export default scenarios<MovedWorld>('server-moved', [
  { name: 'it is seen for the first time', finds: ['first-seen'], world: looks({}) },
  { name: 'all is as it was', finds: ['unchanged'], world: looks({}, { after: 1 }) },
  {
    name: 'there is no route, and all is as it was',
    finds: ['unchanged'],
    world: looks({ route: 'none' }, { route: 'none' }),
  },
  {
    name: 'its certificate was renewed',
    finds: ['renewed', 'unchanged'],
    world: looks({}, { answers: { old: { ...usual, certificate: 'renewed' } } }),
  },
  {
    name: 'it runs other software',
    finds: ['renewed', 'unchanged'],
    world: looks({}, { answers: { old: { ...usual, software: 'Exim 4.96' } } }),
  },
  {
    name: 'it greets with another name each time, with the same certificate',
    finds: ['unchanged'],
    world: looks({}, { answers: { old: { ...usual, name: 'node7.office.example' } } }),
  },
  {
    name: 'its name leads to another address, where it answers',
    finds: ['moved', 'unchanged'],
    world: looks({}, { leads: ['new'], answers: both }),
  },
  {
    name: 'it moved eight days ago',
    finds: ['unchanged'],
    world: looks({}, { leads: ['new'], answers: both }, { leads: ['new'], answers: both, after: 8 }),
  },
  {
    name: 'it has an address more',
    finds: ['unchanged'],
    world: looks({}, { leads: ['old', 'new'], answers: both }),
  },
  {
    name: 'it has an address less',
    finds: ['unchanged'],
    world: looks({ leads: ['old', 'new'], answers: both }, {}),
  },
  {
    name: 'its name leads elsewhere every day',
    finds: ['rotates', 'unchanged'],
    world: looks(
      { answers: { ...both, third: usual, fourth: usual } },
      ...(['new', 'third', 'fourth'] as const).map(
        (machine): Look => ({ leads: [machine], after: 1, answers: { [machine]: usual } }),
      ),
    ),
  },
  {
    name: 'its name leads to another address, where nobody answers',
    finds: ['nobody-there', 'unchanged'],
    world: looks({}, { leads: ['new'] }),
  },
  {
    name: 'another server answers at its address',
    finds: ['replaced', 'unchanged'],
    world: looks(
      {},
      { answers: { old: { name: 'fresh.hosting.example', software: 'Exim 4.96', certificate: 'other' } } },
    ),
  },
  {
    name: 'another server answers at its address, neither with a certificate',
    finds: ['replaced', 'unchanged'],
    world: looks(
      { answers: { old: plain } },
      { answers: { old: { ...plain, name: 'fresh.hosting.example' } } },
    ),
  },
  {
    name: 'the route leads to an address where nobody answers, and the server’s name leads elsewhere',
    finds: ['moved-away', 'unchanged'],
    world: looks({ route: 'address' }, gone),
  },
  {
    name: 'the same, and not even DNS answers',
    finds: ['could-not-check'],
    world: looks({ route: 'address' }, { ...gone, network: 'cut' }),
  },
  {
    name: 'the server is stopped',
    finds: ['could-not-check', 'unchanged'],
    world: looks({}, { answers: {} }),
  },
  {
    name: 'the server is stopped, and its name leads where the route does',
    finds: ['could-not-check', 'unchanged'],
    world: looks({ route: 'address' }, { route: 'address', answers: {} }),
  },
  {
    name: 'one of two machines is stopped, the one that was seen',
    finds: ['could-not-check', 'unchanged'],
    world: looks(
      { leads: ['old', 'new'], answers: { old: usual } },
      { leads: ['old', 'new'], answers: { new: usual } },
    ),
  },
  {
    name: 'the MX records name another server',
    finds: ['mx-changed', 'unchanged'],
    world: looks({}, { mx: 'mx.elsewhere.example' }),
  },
  {
    name: 'the MX records name Mailward',
    finds: ['mx-leads-here', 'unchanged'],
    world: looks({}, { mx: relay, relay }),
  },
  {
    name: 'the network is down',
    finds: ['could-not-check'],
    world: looks({}, { network: 'cut' }),
  },
]);
