// Before tap's own loader: types.mjs does its work, and this one is 0.5 s of CPU in each of 500 processes.
// https://github.com/tapjs/tapjs/tree/main/src/typescript#--type-strip-only

process.env['TAP_TYPE_STRIP_ONLY'] = '1'
