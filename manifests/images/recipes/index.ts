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
    ...clusterApiRecipes,
  ];
}

/** The images of bundles beside the platform's: what nodes of clusters run, and AWS's provider. */
export const nodeRecipes: readonly Recipe[] = [...kubernetesRecipes, keepalivedRecipe, clusterApiAwsRecipe];
