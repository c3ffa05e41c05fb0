import { z } from 'zod';

/** A kind of object that Skerry adds to the Kubernetes API. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Cluster' | 'Namespaced';
  readonly description: string;
  /** Of the definition itself: Cluster API finds the versions of its contract by them. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly spec: z.ZodType;
  /** What the HTTP API answers of it, where lists leave some of it out. */
  readonly answered?: z.ZodType | undefined;
  /** Written by the hub alone, through the status subresource; absent where a kind has none. */
  readonly status?: z.ZodType | undefined;
  /** CEL rules over the whole object, which alone can read `metadata.name`. */
  readonly rules?: readonly Rule[] | undefined;
  readonly columns: readonly Column[];
  /** What is lost with these objects, said when the platform is uninstalled, which then needs a word. */
  readonly uninstallLoses?: string | undefined;
  /** What the platform's going back to an earlier release does about these objects; they go back too when absent. */
  readonly rollback?: RollbackRule | undefined;
}

/** `never`: what happened stays so. `leaves`: fields, as `spec.agent.key`, that stay as they are. */
export type RollbackRule = 'never' | { readonly leaves: readonly string[] };

/** A CEL expression over `self` that must be true (kubernetes.io/docs, "Validation rules"). */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** What `kubectl get` shows besides the name. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
}

/** The CustomResourceDefinition of a kind, as plain JSON. */
export function definitionOf(resource: CustomResource) {
  const { group, version, kind, plural, singular, shortNames, scope, description, columns } = resource;
  const { spec, status, rules, labels } = resource;
  const annotations = annotationsOf(resource);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      ...(labels === undefined ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['skerry'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: [
            ...columns,
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          ...(status === undefined ? {} : { subresources: { status: {} } }),
          schema: {
            openAPIV3Schema: {
              description,
              type: 'object',
              required: ['spec'],
              ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: structuralSchema(spec),
                ...(status === undefined ? {} : { status: structuralSchema(status) }),
              },
            },
          },
        },
      ],
    },
  };
}

/** What the installer goes by (installer/names.ts). */
function annotationsOf({ uninstallLoses, rollback }: CustomResource): Readonly<Record<string, string>> {
  return {
    ...(uninstallLoses === undefined ? {} : { 'skerry.dev/uninstall-loses': uninstallLoses }),
    ...(rollback === 'never' ? { 'skerry.dev/checkpoint': 'never' } : {}),
    ...(typeof rollback === 'object' ? { 'skerry.dev/checkpoint-leaves': rollback.leaves.join(',') } : {}),
  };
}

// A structural schema may not say additionalProperties: false beside properties: the API server prunes what is
// not named anyway, and refuses it where the client asks for strict field validation, as kubectl does. Nor may it have types
// below anyOf: what may be of several types says nothing of them, and the hub alone checks it.
function structuralSchema(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema['x-kubernetes-preserve-unknown-fields'] === true) delete jsonSchema.anyOf;
    },
  });
  return json;
}
