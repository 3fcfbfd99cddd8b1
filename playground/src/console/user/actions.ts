// What an administrator can do to an account, one after the other: for the rows of a list and for the page of a user.
import { auth } from '../../shared/session.ts';
import {
  DeleteUser,
  EndSessions,
  MarkVerified,
  ResetSecondFactor,
  RestoreUser,
  SendReset,
  UnlockUser,
  type UserRowFragment,
} from '../generated.ts';
import { count } from '../parts/words.tsx';

export interface UserAction {
  readonly label: string;
  readonly isOffered: (user: UserRowFragment, isOwn: boolean) => boolean;
  /** What it means, before it is done. */
  readonly meaning: string;
  /** Does it, and says what was done. Null: it needs a form of its own. */
  readonly run: ((user: UserRowFragment) => Promise<string>) | null;
  readonly isDangerous?: boolean;
}

const exists = ({ status }: UserRowFragment) => status !== 'DELETED' && status !== 'ERASED';
const input = ({ id }: UserRowFragment) => ({ input: { userId: id } });

export const EDIT: UserAction = {
  label: 'Edit',
  isOffered: exists,
  meaning: '',
  run: null,
};

export const LOCK: UserAction = {
  label: 'Lock',
  isOffered: (user, isOwn) => exists(user) && !isOwn && user.lock?.cause !== 'ADMINISTRATOR',
  meaning: 'All sessions end, and nobody can sign in to this account until the lock ends. A password reset does not remove the lock.',
  run: null,
  isDangerous: true,
};

export const USER_ACTIONS: readonly UserAction[] = [
  EDIT,
  LOCK,
  {
    label: 'Unlock',
    isOffered: (user) => exists(user) && user.lock !== null,
    meaning: 'Every lock of the account is removed, also one after too many wrong passwords.',
    run: async (user) => {
      await auth.request(UnlockUser, input(user));
      return `${user.email} is unlocked.`;
    },
  },
  {
    label: 'Mark email verified',
    isOffered: (user) => exists(user) && !user.emailVerified,
    meaning: 'The address counts as proven from now on. There is no way back.',
    run: async (user) => {
      await auth.request(MarkVerified, input(user));
      return `The address ${user.email} is verified.`;
    },
  },
  {
    label: 'Send password reset',
    isOffered: exists,
    meaning: 'The user gets an email with a link to choose a password. Who has not accepted the invitation yet gets another one.',
    run: async (user) => {
      await auth.request(SendReset, input(user));
      return `The email to ${user.email} is on its way.`;
    },
  },
  {
    label: 'Reset second factor',
    isOffered: (user, isOwn) => exists(user) && !isOwn && user.mfa.enabled,
    meaning: 'The second factor is turned off, for a user who has lost it. All sessions end, and an email informs the user.',
    run: async (user) => {
      await auth.request(ResetSecondFactor, input(user));
      return `The second factor of ${user.email} is off.`;
    },
    isDangerous: true,
  },
  {
    label: 'End sessions',
    isOffered: exists,
    meaning: 'The user is signed out everywhere.',
    run: async (user) => {
      const { endedSessionCount: ended } = (await auth.request(EndSessions, input(user))).revokeUserSessions;
      return `${count(ended)} ${ended === 1 ? 'session' : 'sessions'} of ${user.email} ended.`;
    },
    isDangerous: true,
  },
  {
    label: 'Delete',
    isOffered: (user, isOwn) => exists(user) && !isOwn,
    meaning: 'All sessions end, and only administrators still see the account. It can be restored until its data is erased.',
    run: async (user) => {
      await auth.request(DeleteUser, input(user));
      return `${user.email} is deleted.`;
    },
    isDangerous: true,
  },
  {
    label: 'Restore',
    isOffered: ({ status }) => status === 'DELETED',
    meaning: 'The account works again as it did before it was deleted.',
    run: async (user) => {
      await auth.request(RestoreUser, input(user));
      return `${user.email} is restored.`;
    },
  },
];
