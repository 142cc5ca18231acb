// Buttons whose words may be longer than they are wide, because they name a domain, say.
import { classesOf } from '../classes.ts';
import styles from './long-button.module.css';

const css = classesOf(styles);

/** As a button’s `classNames`: it breaks its words instead of cutting them. */
export const longButton = { root: css('root'), label: css('label') };
