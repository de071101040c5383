import type { Answer, EngineEvent, Host, Question } from '../../src/lib/engine/events.ts'

/** A host that remembers what it heard and answers as it was told. */
export class RecordingHost implements Host {
  readonly events: EngineEvent[] = []
  readonly questions: Question[] = []
  answer: (question: Question) => Answer = () => 'go'

  emit(event: EngineEvent): void {
    this.events.push(event)
  }

  async ask(question: Question): Promise<Answer> {
    this.questions.push(question)
    return this.answer(question)
  }

  of<C extends EngineEvent['code']>(code: C): Extract<EngineEvent, { code: C }>[] {
    return this.events.filter((event): event is Extract<EngineEvent, { code: C }> => event.code === code)
  }
}
