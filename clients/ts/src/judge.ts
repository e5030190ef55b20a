import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { Form } from './forms.js'

/**
 * Judges a filled-in form before it is sent, with the verdict that the server
 * will give: the form of an action is JSON Schema that ajv's strict mode takes.
 * Only days are judged by the server alone (earliest and latest say them), and
 * its messages are the ones to show where it has been asked.
 */
export function judge(schema: unknown): (form: Form) => { path: string, keyword: string }[] {
  const ajv = new Ajv2020({ strict: true, allErrors: true })
  ;(formats as unknown as (a: Ajv2020) => void)(ajv)
  const check = ajv.compile(schema as object)
  return form => check(form) ? [] : check.errors!.map(e => ({
    path: [...e.instancePath.split('/').slice(1), ...(e.params['missingProperty'] ?? e.params['additionalProperty'] ? [String(e.params['missingProperty'] ?? e.params['additionalProperty'])] : [])].join('.'),
    keyword: e.keyword,
  }))
}
