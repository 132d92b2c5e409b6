import { CodedError, readText } from '@belfry/client'

/** What a parser found wrong with one of the files given, told with its path: the parser knows only what it should be. */
class FileRefused extends CodedError<string> {}

/**
 * @param what the file's meaning, for the sentence where it cannot be read: "a card"
 * @throws ClientError file-unreadable; whatever code `parse` throws
 */
export async function readParsed<T>(path: string, what: string, parse: (text: string) => T): Promise<T> {
  const text = await readText(path, what)
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    throw new FileRefused(String(error.code), `${path}: ${error.message}`, error.remedy, { cause: error })
  }
}
