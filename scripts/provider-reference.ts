import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../content/bytes/blob-file.ts';
import { PROVIDER_ATTRIBUTES } from '../platform/provider/provider-attributes.ts';
import { allEphemeralResources, allResources } from '../platform/provider/resources/index.ts';
import type { Attribute, AttributeType } from '../platform/provider/schema/attribute.ts';
import { allSources } from '../platform/provider/sources/index.ts';
import type { CtyType } from '../platform/provider/value/value.ts';
import { GENERATED } from './generated.ts';

const EXAMPLES = join(import.meta.dirname, '../platform/provider/examples');
/** The hub has nothing that these could be read from. */
const NOT_IMPORTED = ['skerry_registration_token', 'skerry_cluster_completion'];

interface Described {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** docs/terraform-reference.md: all that a configuration may say, from the tables that the provider itself has. */
export async function providerReference(): Promise<string> {
  const sections = [
    ...(await sectionsOf('Resources', 'resources', allResources())),
    ...(await sectionsOf('Ephemeral resources', 'ephemeral', allEphemeralResources())),
    ...(await sectionsOf('Data sources', 'sources', allSources())),
  ];
  return [
    GENERATED,
    '# Resources of OpenTofu and Terraform',
    '',
    'What there is, attribute by attribute; [terraform.md](terraform.md) says how it is used.',
    '',
    '## The provider',
    '',
    ...listOf(PROVIDER_ATTRIBUTES),
    ...sections,
    '',
  ].join('\n');
}

async function sectionsOf(title: string, folder: string, all: readonly Described[]): Promise<string[]> {
  const sections: string[] = ['', `## ${title}`];
  for (const { typeName, description, attributes } of all) {
    const example = await exampleOf(folder, typeName);
    const isImported = folder === 'resources' && !NOT_IMPORTED.includes(typeName);
    const id = typeName === 'skerry_project' ? 'NAME' : 'PROJECT/NAME';
    sections.push(
      ...[
        '',
        `### ${typeName}${folder === 'resources' ? '' : ` (${title.toLowerCase().replace(/s$/, '')})`}`,
      ],
      ...['', description, ''],
      ...(example === undefined ? [] : ['```hcl', example.trimEnd(), '```', '']),
      ...listOf(attributes),
      ...(isImported ? ['', `Imported by \`tofu import ${typeName}.LABEL ${id}\`.`] : []),
    );
  }
  return sections;
}

async function exampleOf(folder: string, typeName: string): Promise<string | undefined> {
  return await readFile(join(EXAMPLES, folder, `${typeName}.tf`), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

function listOf(attributes: readonly Attribute[], before = ''): string[] {
  return attributes.flatMap(({ name, type, presence, description = '', isSensitive }) => {
    const said = [typeText(type), ...presence.split('-'), ...(isSensitive === true ? ['sensitive'] : [])];
    const what = description === '' ? '' : `: ${description.replaceAll('*', '\\*')}`;
    const line = `- \`${before}${name}\` (${said.join(', ')})${what}`;
    if (type.kind === 'single') return [line, ...listOf(type.attributes, `${before}${name}.`)];
    return type.kind === 'list' ? [line, ...listOf(type.attributes, `${before}${name}[].`)] : [line];
  });
}

function typeText(type: AttributeType): string {
  if (type.kind === 'dynamic') return 'any';
  if (type.kind === 'plain') return ctyText(type.type);
  return type.kind === 'single' ? 'object' : 'list of objects';
}

function ctyText(type: CtyType): string {
  return typeof type === 'string'
    ? type
    : `${type[0]} of ${typeof type[1] === 'string' ? type[1] : 'objects'}`;
}
