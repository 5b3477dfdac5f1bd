import { GUESSED_TARGETS } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { columnSyntax } from '../records/columns.ts';

/** Columns of an http.log whose header was not seen (Zeek 3 and later, without extensions). */
const COLUMNS = [
  'ts',
  'uid',
  'id.orig_h',
  'id.orig_p',
  'id.resp_h',
  'id.resp_p',
  'trans_depth',
  'method',
  'host',
  'uri',
  'referrer',
  'version',
  'user_agent',
  'origin',
  'request_body_len',
  'response_body_len',
  'status_code',
  'status_msg',
  'info_code',
  'info_msg',
  'tags',
  'username',
  'password',
  'proxied',
  'orig_fuids',
  'orig_filenames',
  'orig_mime_types',
  'resp_fuids',
  'resp_filenames',
  'resp_mime_types',
];

/** Zeek's http.log as JSON or in columns: `ts` is when the request came, how long it took is not said. */
export const zeekHttp: JsonFormat = {
  kind: 'json',
  select: { field: ['_path'], requests: ['http'], absent: 'request', what: 'log' },
  fields: {
    time: ['ts'],
    status: ['status_code'],
    bytes_in: ['request_body_len'],
    bytes_out: ['response_body_len'],
    address: ['id.orig_h'],
    method: ['method'],
    path: ['uri'],
    host: ['host'],
    agent: ['user_agent'],
  },
  identity: [{ field: 'username', origin: 'remote_user' }],
  targets: GUESSED_TARGETS,
  syntax: () =>
    columnSyntax({
      columns: COLUMNS,
      separator: 0x09,
      header: 'zeek',
      grows: true,
      headlessAdvice:
        "columns without a #fields line in the same record: nothing says what they are; have Zeek write JSON ('redef LogAscii::use_json = T;')",
    }),
  mark: ({ has, text }) => (has(/"trans_depth"\s*:/) || /^#path\thttp$|^#fields\tts\tuid\t.*\ttrans_depth\t/m.test(text) ? 1 : 0),
};
