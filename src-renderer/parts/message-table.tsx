// A long list of messages: only the rows in sight are drawn, the arrow keys move through them, narrow windows fold the columns.
import { Button, Checkbox, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowUp } from '@tabler/icons-react';
import {
  type ColumnDef,
  type OnChangeFn,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import type { MessageSummary } from '../../shared/message.ts';
import { actionOfKey } from '../actions/action.ts';
import { useActs } from '../actions/acts.tsx';
import { openMessage, rowActions } from '../actions/messages.tsx';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import { useVirtualRows } from '../virtual-rows.ts';
import styles from './message-table.module.css';

const css = classesOf(styles);

export const tableParts = tableFeatures({ rowSelectionFeature });
export type MessageColumn = ColumnDef<typeof tableParts, MessageSummary>;

interface MessageTableProps {
  label: string;
  /** Which columns it has: each set of them has its own places when the window is narrow (message-table.module.css). */
  list: 'traffic' | 'queue';
  rows: MessageSummary[];
  /** Stable; a column's id is also the name of its place when folded (message-table.module.css). */
  columns: MessageColumn[];
  hasMore: boolean;
  loadingMore: boolean;
  onMore: () => void;
  /** Whether the reader is at the top, where new rows may push the others down. */
  onTop?: (atTop: boolean) => void;
  selection?: RowSelectionState;
  onSelection?: OnChangeFn<RowSelectionState>;
  /** New rows that wait until the reader asks for them at the top. */
  news?: { count: number; onShow: () => void };
  /** Identifies the list, so that coming back to it finds the same place. */
  place: string;
  empty: ReactNode;
}

/** Pixels; message-table.module.css has the same three layouts. */
const wideRow = 44;
const pairedRow = 60;
const foldedRow = 112;
const pairedWidth = '(max-width: 96em)';
const foldedWidth = '(max-width: 62em)';
/** Where each list was left, in pixels from its top. */
const leftAt = new Map<string, number>();

const noSelection: RowSelectionState = {};

export function MessageTable(props: MessageTableProps) {
  const { news } = props;
  const scroller = useRef<HTMLDivElement>(null);
  return (
    <div className={css('place')} data-list={props.list}>
      {news !== undefined && news.count > 0 && (
        <Button
          className={css('news')}
          size="compact-md"
          radius="xl"
          leftSection={<IconArrowUp size={16} />}
          onClick={() => {
            news.onShow();
            scroller.current?.scrollTo({ top: 0 });
          }}
        >
          {counted(news.count, 'new message')}
        </Button>
      )}
      {props.rows.length === 0 ? (
        <div className={css('empty')}>{props.empty}</div>
      ) : (
        <Grid {...props} scroller={scroller} />
      )}
    </div>
  );
}

function Grid({ scroller, ...props }: MessageTableProps & { scroller: RefObject<HTMLDivElement | null> }) {
  const { rows, columns, selection, onSelection, onTop, hasMore, onMore, place } = props;
  const paired = useMediaQuery(pairedWidth, window.matchMedia(pairedWidth).matches);
  const folded = useMediaQuery(foldedWidth, window.matchMedia(foldedWidth).matches);
  const rowHeight = folded ? foldedRow : paired ? pairedRow : wideRow;
  const acts = useActs();
  const [active, setActive] = useState(0);

  const table = useTable({
    features: tableParts,
    columns,
    data: rows,
    getRowId: (row) => row.id,
    state: { rowSelection: selection ?? noSelection },
    ...(onSelection === undefined ? {} : { onRowSelectionChange: onSelection }),
  });
  const tableRows = table.getRowModel().rows;

  const virtual = useVirtualRows({
    count: tableRows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => tableRows[index]?.id ?? index,
    overscan: 12,
    initialOffset: () => leftAt.get(place) ?? 0,
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= tableRows.length - 40) onMore();
  }, [hasMore, lastShown, tableRows.length, onMore]);

  const focusRow = (index: number) => {
    const target = Math.max(0, Math.min(tableRows.length - 1, index));
    setActive(target);
    virtual.scrollToIndex(target);
    // The row may only be drawn after the scroll.
    requestAnimationFrame(() => {
      scroller.current
        ?.querySelector<HTMLElement>(`[data-index="${target}"]`)
        ?.focus({ preventScroll: true });
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.role !== 'row') return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const index = Number(event.target.dataset['index'] ?? active);
    const row = tableRows[index];
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: tableRows.length - 1,
    };
    const to = moves[event.key];
    const action = row === undefined ? undefined : actionOfKey(rowActions, event.key, row.original);
    if (to !== undefined) focusRow(to);
    else if (action !== undefined && row !== undefined) acts.act(action, row.original);
    else if (event.key === ' ' && row !== undefined && selection !== undefined) row.toggleSelected();
    else return;
    event.preventDefault();
  };

  return (
    <div
      className={css('scroll')}
      ref={scroller}
      onScroll={(event) => {
        const top = event.currentTarget.scrollTop;
        leftAt.set(place, top);
        onTop?.(top < 4);
      }}
    >
      <div
        role="grid"
        aria-label={props.label}
        aria-rowcount={hasMore ? -1 : tableRows.length + 1}
        aria-multiselectable={selection === undefined ? undefined : true}
        data-selectable={selection !== undefined}
        onKeyDown={onKeyDown}
      >
        <div className={css('head')} role="row" aria-rowindex={1}>
          {selection !== undefined && (
            <span role="columnheader" className={css('cell')} data-cell="select">
              <Checkbox
                size="xs"
                label={folded ? 'Select all' : undefined}
                aria-label="Select all rows that are loaded"
                checked={table.getIsAllRowsSelected()}
                indeterminate={table.getIsSomeRowsSelected()}
                onChange={table.getToggleAllRowsSelectedHandler()}
              />
            </span>
          )}
          {table.getHeaderGroups()[0]?.headers.map((header) => (
            <span key={header.id} role="columnheader" className={css('cell')} data-cell={header.column.id}>
              <table.FlexRender header={header} />
            </span>
          ))}
        </div>
        <div className={css('body')} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = tableRows[item.index];
            if (row === undefined) return null;
            return (
              // The keys of a row are handled by the grid, for all rows at once.
              <div
                key={item.key}
                role="row"
                className={css('row')}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                aria-selected={selection === undefined ? undefined : row.getIsSelected()}
                tabIndex={item.index === Math.min(active, tableRows.length - 1) ? 0 : -1}
                style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
                onFocus={() => setActive(item.index)}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest('a, label, input, button') === null)
                    acts.act(openMessage, row.original);
                }}
              >
                {selection !== undefined && (
                  <span role="gridcell" className={css('cell')} data-cell="select">
                    <Checkbox
                      size="xs"
                      tabIndex={-1}
                      aria-label={`Select the message from ${row.original.sender || 'the null sender'}`}
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                    />
                  </span>
                )}
                {row.getAllCells().map((cell) => (
                  <span key={cell.id} role="gridcell" className={css('cell')} data-cell={cell.column.id}>
                    <table.FlexRender cell={cell} />
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {props.loadingMore && (
        <p className={css('more')} role="status">
          Asking for older messages…
        </p>
      )}
      <VisuallyHidden>Arrow keys move through the rows, Enter opens a message.</VisuallyHidden>
    </div>
  );
}
