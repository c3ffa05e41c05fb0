import type { Recipe } from '../recipe.ts';
import { busyboxRecipe } from './busybox.ts';
import { clusterApiRecipes } from './cluster-api.ts';
import { clusterApiAwsRecipe } from './cluster-api-aws.ts';
import { corednsRecipe } from './coredns.ts';
import { etcdRecipe } from './etcd.ts';
import { keepalivedRecipe } from './keepalived.ts';
import { kubernetesRecipes } from './kubernetes.ts';
import { nginxRecipe } from './nginx.ts';
import { pauseRecipe } from './pause.ts';
import { podinfoRecipe } from './podinfo.ts';
import { prometheusRecipe } from './prometheus.ts';
import { redisRecipe } from './redis.ts';
import { agentRecipe, skerryRecipe } from './skerry.ts';

/** The images of the platform's own release, `version` being that of the platform. */
export function allRecipes(version: string): Recipe[] {
  return [
    skerryRecipe(version),
    agentRecipe(version),
    corednsRecipe,
    podinfoRecipe,
    etcdRecipe,
    nginxRecipe,
    redisRecipe,
    prometheusRecipe,
    busyboxRecipe,
    pauseRecipe,
  ];
}

/** The images of the second bundle: what a gateway needs to make clusters, and what their nodes need. */
export const nodeRecipes: readonly Recipe[] = [
  ...kubernetesRecipes,
  ...clusterApiRecipes,
  clusterApiAwsRecipe,
  keepalivedRecipe,
];
