// Buttons and menu items for actions: their words, icons and what follows come from the registry (actions/).
import { Button, type ButtonProps, Menu } from '@mantine/core';
import { type Action, appliesTo } from '../actions/action.ts';
import { type Acts, useActs } from '../actions/acts.tsx';
import { addDomain } from '../actions/domains.ts';
import { LinkButton } from './link-button.tsx';

interface ActionButtonProps<On> extends Omit<ButtonProps, 'leftSection' | 'loading' | 'children'> {
  action: Action<On>;
  on: On;
  acts: Acts;
}

/** A button for an action; nothing where the action makes no sense. What leads somewhere is a link. */
export function ActionButton<On>({ action, on, acts, ...props }: ActionButtonProps<On>) {
  if (!appliesTo(action, on)) return null;
  const { icon: Icon, deed } = action;
  const look = {
    variant: 'default',
    leftSection: (
      <Icon size={props.size?.toString().startsWith('compact') === true ? 14 : 16} aria-hidden="true" />
    ),
    ...(action.spoken === undefined ? {} : { 'aria-label': action.spoken(on) }),
    ...(action.danger === true && props.color === undefined ? { c: 'var(--problem)' } : {}),
    ...props,
  };
  if (deed.kind === 'go')
    return (
      <LinkButton {...look} {...deed.to(on)}>
        {action.word(on)}
      </LinkButton>
    );
  return (
    <Button
      {...look}
      loading={acts.running === action.id || action.running?.(on) === true}
      disabled={acts.running !== null || props.disabled === true}
      onClick={() => acts.act(action, on)}
    >
      {action.word(on)}
    </Button>
  );
}

/** The invitation to add a domain. */
export function AddDomainButton({ first }: { first: boolean }) {
  const acts = useActs();
  return (
    <ActionButton
      variant="filled"
      {...(first ? { size: 'md' } : {})}
      action={addDomain}
      on={{ first }}
      acts={acts}
    />
  );
}

/** A menu's item for an action; nothing where the action makes no sense. */
export function ActionItem<On>({ action, on, acts }: { action: Action<On>; on: On; acts: Acts }) {
  if (!appliesTo(action, on)) return null;
  const { icon: Icon } = action;
  return (
    <Menu.Item
      leftSection={<Icon size={16} aria-hidden="true" />}
      {...(action.danger === true ? { c: 'var(--problem)' } : {})}
      onClick={() => acts.act(action, on)}
    >
      {action.word(on)}
    </Menu.Item>
  );
}
