import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { errors } from '../../planner/errors.ts';
import { makeUserLine } from '../pgwire/users.ts';
import { type Command, exitCodes } from './command.ts';

/** Reads one line of standard input; on a terminal without showing what is typed. */
async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write('Password: ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
    if (terminal) process.stderr.write('\n');
  }
}

/** `sluice user`: makes a line of the users file. The password is read from standard input, never from the command line. */
export const user: Command = {
  name: 'user',
  summary: 'print the line of the users file for a name and a password read from standard input',
  about: ['For example: sluice user alice >> users.txt'],
  users: [],
  flags: {},
  positionals: 'NAME',
  async run({ positionals }, { print }) {
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0 || name.includes(':')) {
      throw errors.configConflict('sluice user needs one name without colons', 'For example: sluice user alice');
    }
    const password = await readPassword();
    if (password === '') throw errors.configConflict('the password is empty', 'Type it, or give it on standard input.');
    print(await makeUserLine(name, password));
    return exitCodes.success;
  },
};
