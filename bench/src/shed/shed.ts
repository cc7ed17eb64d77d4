import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import { ACCURACY } from './accuracy.js';
import { BURST } from './burst.js';
import { COST } from './cost.js';
import { DECISION } from './decision.js';
import { FAIRNESS } from './fairness.js';
import { GATEWAYS } from './gateways.js';
import { HINTS } from './hints.js';
import { OVERLOAD } from './overload.js';
import { SHED_BENCH, type ShedPart } from './part.js';
import { TOGGLES } from './toggles.js';

const PARTS: readonly ShedPart[] = [ACCURACY, DECISION, OVERLOAD, BURST, FAIRNESS, GATEWAYS, COST, TOGGLES, HINTS];

export const SHED: Bench = {
  name: SHED_BENCH,
  hasPace: false,
  hasPictures: true,
  parts: PARTS.map(({ name }) => name),
  summary: 'what shedding costs in accuracy and CPU, and how it holds under overload',
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
