/**
 * Which methods a path takes. Fastify's router answers 404 for a known path with another method; with this the answer can
 * be 405 with an `Allow` header. Consulted for unrouted requests only, so a walk over the few routes will do.
 */
export class AllowedMethods {
  readonly #routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** Notes a route in Fastify's syntax (`/v1/drivers/:driverId`, `/files/*`). */
  add(route: string, methods: string | readonly string[]): void {
    let known = this.#routes.get(route);
    if (known === undefined) {
      known = { pattern: patternOf(route), methods: new Set() };
      this.#routes.set(route, known);
    }
    for (const method of typeof methods === 'string' ? [methods] : methods) known.methods.add(method);
  }

  /** The methods that the path takes, in alphabetical order; none when no route has it. */
  at(path: string): string[] {
    const methods = new Set<string>();
    for (const route of this.#routes.values()) {
      if (route.pattern.test(path)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}

function patternOf(route: string): RegExp {
  const source = route
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z0-9_]+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`);
}
