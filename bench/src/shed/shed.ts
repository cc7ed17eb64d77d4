import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import { ACCURACY } from './accuracy.js';
import { DECISION } from './decision.js';
import { SHED_BENCH, type ShedPart } from './part.js';

const PARTS: readonly ShedPart[] = [ACCURACY, DECISION];

export const SHED: Bench = {
  name: SHED_BENCH,
  hasPace: false,
  hasPictures: true,
  parts: PARTS.map(({ name }) => name),
  summary: 'what shedding costs in accuracy, and what it costs to decide',
  bound: PARTS.flatMap(({ name, bound }) => [`${name}:`, ...bound.map((line) => `  ${line}`)]),
  run: async (options) => {
    const figures: Figure[] = [];
    for (const part of PARTS) {
      if (options.part !== undefined && options.part !== part.name) continue;
      options.say(`${part.name} …`);
      figures.push(...(await part.run(options)));
    }
    return figures;
  },
};
