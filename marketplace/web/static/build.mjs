// Compiles the stylesheet and copies the scripts into static/build/, which git ignores.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const project = join(here, '..', '..', '..')
const frontend = join(project, 'node_modules', 'govuk-frontend', 'dist', 'govuk')
const build = join(here, 'build')

const { css } = compile(join(here, 'styles', 'main.scss'), {
  style: 'compressed',
  loadPaths: [join(project, 'node_modules')],
  quietDeps: true
})

// This service is not on GOV.UK: its licensed typeface and the crown stay out of it.
for (const refused of ['GDS Transport', 'crest', '@font-face']) {
  if (css.includes(refused)) {
    throw new Error(`The stylesheet contains \`${refused}\`, which only GOV.UK may use. Remove what brings it in.`)
  }
}

mkdirSync(build, { recursive: true })
writeFileSync(join(build, 'main.css'), css)
copyFileSync(join(frontend, 'govuk-frontend.min.js'), join(build, 'govuk-frontend.min.js'))
for (const script of ['site.js', 'supported.js']) {
  writeFileSync(join(build, script), readFileSync(join(here, 'scripts', script)))
}
