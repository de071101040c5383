import { Exit, Failure } from '../lib/engine/failure.ts'

/** What can be wrong with the arguments of `ecs exec`. */
export const ExecUsage = {
  noCommand: () =>
    new Failure({
      code: 'USAGE',
      exit: Exit.usage,
      message: 'There is no command to run.',
      suggestions: ['ecs-ambient ecs exec -- curl -sS echo-service.ecs.local:8080', 'ecs-ambient ecs exec --tty -- sh'],
    }),
  noTerminal: () =>
    new Failure({
      code: 'QUESTION_CANNOT_BE_ASKED',
      exit: Exit.usage,
      message: '--tty connects a terminal, and there is none here.',
      suggestions: ['Leave out --tty: a command needs no terminal to run.'],
    }),
}
