// A notification of the system's, where it has them.
import { Notification } from 'electron';

/** Tells the user something that needs no answer. `opened` runs when the notification is clicked. */
export function tell(title: string, body: string, opened: () => void = () => undefined): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ title, body });
  notification.on('click', opened);
  notification.show();
}
