// Draws only the rows in sight. Passed on from the library under a name of our own: its values change behind stable
// identities, which only matters to the React compiler, and this interface is built without it.
export { useVirtualizer as useVirtualRows } from '@tanstack/react-virtual';
