// The secrets of a provider: from where modelsconfig.yml says, else from the environment and the key file together.

import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { Secret } from '../core/secret.ts'
import { SettingsError } from '../settings.ts'
import { readEnvironmentKeys, type Environment } from './environment.ts'
import type { KeyFile } from './key-file.ts'
import { readKeys, toSecrets } from './key-text.ts'
import { readPrivateFile } from './private-file.ts'
import type { ResolvedProvider } from './registry.ts'
import { readArgv, type SecretSource } from './secret-source.ts'

/** Empty: the provider has no credential. @throws SettingsError when a named source cannot be read. */
export type SecretsOf = (provider: ResolvedProvider) => readonly Secret[]

export interface SecretParts {
  readonly env: Environment
  readonly keyFile: Pick<KeyFile, 'secretsOf'>
  readonly command?: CommandLimits
}

export interface CommandLimits {
  readonly timeoutMs: number
  readonly outputBytes: number
}

const COMMAND_LIMITS: CommandLimits = { timeoutMs: 10_000, outputBytes: 64 * 1024 }

/** Made once per process. Commands run when they are first needed, at start, and never again: they may ask a person. */
export function createSecrets ({ env, keyFile, command = COMMAND_LIMITS }: SecretParts): SecretsOf {
  const answers = new Map<string, readonly Secret[]>()

  function read (source: SecretSource, provider: string): readonly Secret[] {
    switch (source.kind) {
      case 'none': return []
      case 'env': return toSecrets(readKeys(env[source.name] ?? '', ',', source.name))
      case 'file': return readFile(source.path, provider)
      case 'command': return readCommand(source)
    }
  }

  function readCommand ({ argv, label }: Extract<SecretSource, { kind: 'command' }>): readonly Secret[] {
    const json = argv.reveal()
    const known = answers.get(json)
    if (known) return known
    const secrets = toSecrets(readKeys(run(readArgv(json) ?? [], label, { env, limits: command }), '\n', label))
    if (secrets.length === 0) throw new SettingsError(`The credential ${label} gave no key`)
    answers.set(json, secrets)
    return secrets
  }

  return ({ id, env: prefixes, credential }) => {
    if (credential) return read(credential, id)
    const { keys } = readEnvironmentKeys(prefixes, env)
    return toSecrets([...keys, ...keyFile.secretsOf(id).map((secret) => secret.reveal())])
  }
}

function readFile (path: string, provider: string): Secret[] {
  const text = readPrivateFile(resolve(path.replace(/^~(?=\/)/, homedir())))
  if (text === undefined) throw new SettingsError(`The credential of ${provider} is missing: there is no file ${path}`)
  return toSecrets(readKeys(text, '\n', path))
}

interface RunParts {
  readonly env: Environment
  readonly limits: CommandLimits
}

function run (argv: readonly string[], label: string, { env, limits }: RunParts): string {
  const [program = '', ...words] = argv
  try {
    return execFileSync(program, words, {
      encoding: 'utf8',
      env: withoutKeys(env),
      maxBuffer: limits.outputBytes,
      timeout: limits.timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'ignore'], // what it says on stderr may hold the key
      windowsHide: true
    })
  } catch (error) {
    // No `cause` and no message of the error: both hold the arguments, and the error the output.
    throw new SettingsError(`The credential ${label} failed: ${wordsOf(error as NodeJS.ErrnoException, limits)}`)
  }
}

/** A password tool needs PATH, HOME and its own session; the keys of other providers are none of its business. */
function withoutKeys (env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/_API_KEYS?$/.test(name)))
}

function wordsOf (error: NodeJS.ErrnoException & { status?: number | null }, limits: CommandLimits): string {
  if (error.code === 'ENOENT') return 'there is no such program'
  if (error.code === 'ETIMEDOUT') return `it did not end within ${limits.timeoutMs} ms`
  if (error.code === 'ENOBUFS') return `it wrote more than ${limits.outputBytes} bytes`
  return error.code ?? `it ended with ${error.status ?? 'a signal'}`
}
