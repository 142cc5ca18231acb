// Lint: strict types, and the one-way imports of the house.
// A wrong import fails here and names the rule it broke (docs/architecture.md).
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { oneNameOneThing } from './scripts/one-name-one-thing.mjs';

/** What each part of src-main may import, besides libraries, itself and shared/. Nothing else. */
const mayImport = {
  electron: ['service', 'engine', 'settings', 'clock', 'events'],
  cli: ['service', 'engine', 'settings', 'clock', 'events'],
  service: ['engine', 'settings', 'clock', 'events'],
  engine: ['relay', 'probes', 'diagnosis', 'monitor', 'storage', 'settings', 'clock', 'events'],
  relay: ['storage', 'settings', 'tls', 'clock', 'events'],
  probes: ['storage', 'settings', 'tls', 'clock'],
  diagnosis: [],
  monitor: ['storage', 'settings'],
  storage: ['settings', 'clock', 'events'],
  settings: [],
  tls: [],
  clock: [],
  events: [],
};
const parts = Object.keys(mayImport);
/** What each floor of the relay may import of the others: a message passes them in this order, and mail and smtp lie beneath. */
const relayFloors = {
  mail: [],
  smtp: ['mail'],
  spool: ['mail', 'smtp'],
  policy: ['mail', 'smtp', 'spool'],
  inbound: ['mail', 'smtp', 'spool', 'policy'],
  outbound: ['mail', 'smtp', 'spool', 'policy'],
};
/** Parts that ask nobody anything: the same values give the same answer. */
const pure = ['diagnosis'];

const electronOnly = {
  name: 'electron',
  message: "Rule 'electron-stays-home': only src-main/electron imports electron.",
};

/** Where the time of the system itself is meant, whatever clock the engine was given: what watches threads, locks and the event loop. */
const realTime = [
  'src-main/engine/{lock,repair}.ts',
  'src-main/relay/inbound/event-loop-budget.ts',
  'src-main/relay/policy/authentication/{authenticator,worker}.ts',
];

const ownTime = [
  'CallExpression > MemberExpression.callee[object.name=/^(Date|performance)$/][property.name="now"]',
  'NewExpression[callee.name="Date"][arguments.length=0]',
  'CallExpression[callee.name=/^set(Timeout|Interval)$/]',
  'MemberExpression[object.name="process"][property.name="hrtime"]',
  'ImportDeclaration[source.value=/^(node:)?(timers|perf_hooks)/]',
  'TSQualifiedName[left.name="NodeJS"][right.name="Timeout"]',
].map((selector) => ({
  selector,
  message:
    "Rule 'one-clock': src-main reads the time and waits by the Clock that it is given (src-main/clock).",
}));

/** Imports between parts are relative (`../../storage/…`), so a path segment after dots names the part. */
function layer(part, floor) {
  const forbidden = parts.filter((other) => other !== part && !mayImport[part].includes(other));
  const above = floor
    ? Object.keys(relayFloors).filter((other) => other !== floor && !relayFloors[floor].includes(other))
    : [];
  return {
    files: [floor ? `src-main/${part}/${floor}/**/*.ts` : `src-main/${part}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: part === 'electron' ? [] : [electronOnly],
          patterns: [
            ...(forbidden.length > 0
              ? [
                  {
                    regex: `^(\\.\\./)+(src-main/)?(${forbidden.join('|')})/`,
                    message: `Rule 'imports-run-one-way': ${part} may import ${mayImport[part].join(', ') || 'nothing'} and shared, nothing else of src-main.`,
                  },
                ]
              : []),
            ...(above.length > 0
              ? [
                  {
                    regex: `^(\\.\\./)+(relay/)?(${above.join('|')})/`,
                    message: `Rule 'relay-floors': relay/${floor} may import ${relayFloors[floor].join(', ') || 'none'} of the relay's other floors.`,
                  },
                ]
              : []),
            {
              regex: 'src-renderer/',
              message: "Rule 'main-knows-no-screen': src-main imports nothing of src-renderer.",
            },
            {
              regex: '(^|/)test/',
              message: "Rule 'no-test-in-product': product code imports nothing of test.",
            },
            ...(pure.includes(part)
              ? [
                  {
                    regex: '^node:',
                    message: `Rule '${part}-is-pure': ${part} makes values of values, so it imports nothing of Node.`,
                  },
                ]
              : []),
          ],
        },
      ],
    },
  };
}

function kept(where, allowed) {
  return {
    files: [`${where}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [electronOnly],
          patterns: [
            {
              regex: 'src-main/',
              message: `Rule '${where}-stands-apart': ${where} imports ${allowed}, nothing of src-main.`,
            },
            {
              regex: '(^|/)test/',
              message: "Rule 'no-test-in-product': product code imports nothing of test.",
            },
            {
              regex: '^node:',
              message: `Rule '${where}-runs-anywhere': ${where} runs in a browser too, so it imports nothing of Node.`,
            },
            ...(where === 'shared'
              ? [
                  {
                    regex: 'src-renderer/',
                    message: "Rule 'shared-stands-apart': shared imports nothing of src-renderer.",
                  },
                ]
              : []),
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['out/', 'dist/', 'node_modules/', '.cache/'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.renderer.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  ...parts.map((part) => layer(part)),
  ...Object.keys(relayFloors).map((floor) => layer('relay', floor)),
  {
    files: ['{src-main,shared}/**/*.ts'],
    plugins: { mailward: { rules: { 'one-name-one-thing': oneNameOneThing } } },
    rules: { 'mailward/one-name-one-thing': 'error' },
  },
  {
    files: ['src-main/**/*.ts'],
    ignores: ['src-main/clock/**'],
    rules: { 'no-restricted-syntax': ['error', ...ownTime] },
  },
  {
    files: ['src-main/{engine,relay}/**/*.ts'],
    ignores: realTime,
    rules: {
      'no-restricted-syntax': [
        'error',
        ...ownTime,
        {
          selector: 'ImportSpecifier[imported.name="systemClock"]',
          message: "Rule 'one-clock': the engine and the relay go by the clock that they are given.",
        },
      ],
    },
  },
  kept('shared', 'libraries'),
  kept('src-renderer', 'shared and libraries'),
  { files: ['src-renderer/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
  {
    files: ['src-renderer/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          "JSXAttribute[name.name='className'] > :not(JSXIdentifier):not(JSXExpressionContainer[expression.callee.name='css'])",
          "JSXAttribute[name.name='classNames'] Property > Literal.value",
          'Property[key.name=/^class(Name)?$/] > Literal.value',
        ].map((selector) => ({
          selector,
          message:
            "Rule 'styles-stand-beside': a class comes from a style beside the component, by css() (src-renderer/classes.ts).",
        })),
        {
          selector:
            'CallExpression[callee.property.name=/^(querySelector|closest|matches)/] > Literal[value=/\\./]',
          message:
            "Rule 'styles-stand-beside': an element is not found by its class, whose name the build makes.",
        },
      ],
    },
  },
  { files: ['test/**/*.{ts,tsx}'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
);
