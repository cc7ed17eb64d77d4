import { STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import { parseNearbyQuery } from './nearby-query.js';

const place = { lat: '37.77', lng: '-122.42' };
const faultsOf = (parameters: Record<string, unknown>, role: 'rider' | 'fleet' = 'rider') => {
  const parsed = parseNearbyQuery(parameters, role);
  return parsed.ok ? [] : parsed.faults;
};

describe('parseNearbyQuery', () => {
  it('needs a place only', () => {
    expect(parseNearbyQuery(place, 'rider')).toEqual({
      ok: true,
      query: {
        center: { latDeg: 37.77, lngDeg: -122.42 },
        limit: 10,
        radiusM: 5_000,
        vehicleClass: undefined,
        statuses: new Set(['available']),
        carry: false,
      },
    });
  });

  it.each([
    ['lat', ['85.06', '-85.06', '91', 'NaN', 'Infinity', '1e999', '0x10', ' 1', 'north', '1,5', '', undefined]],
    ['lng', ['180.01', '-181', '1e3', '-', '.', '', undefined]],
    ['limit', ['0', '101', '-1', '2.5', 'ten']],
    ['radiusM', ['0', '0.9', '50001', '-5', 'far']],
    ['vehicleClass', ['Car', 'a b', 'x'.repeat(17), '__proto__!']],
    ['carry', ['1', 'yes', 'TRUE', 'true,false', 'constructor']],
    ['status', ['busy', 'available,', 'Available', 'constructor']],
  ])('refuses a bad %s', (name, values) => {
    for (const value of [...values, ['1', '2']]) {
      const faults = faultsOf({ ...place, [name]: value }, 'fleet');
      expect([value, faults.length]).toEqual([value, 1]);
      expect(faults[0]).toContain(name);
    }
  });

  it('takes the bounds themselves, and every way to write a number that a client may have', () => {
    const taken = [
      { lat: '85.05', lng: '180', limit: '100', radiusM: '50000' },
      { lat: '-85.05', lng: '-180', limit: '1', radiusM: '1' },
      { lat: '1e-7', lng: '+3', limit: '1e1', radiusM: '.25e4' },
    ];
    expect(taken.map((parameters) => parseNearbyQuery(parameters, 'rider').ok)).toEqual([true, true, true]);
  });

  it('lists all that is wrong at once', () => {
    expect(faultsOf({ lat: '95', limit: '1000', radiusM: 'x', vehicleClass: '?', carry: '?' })).toHaveLength(6);
  });

  it('ignores what it does not know, and takes an empty value for none', () => {
    expect(faultsOf({ ...place, page: ['1', '2'], vehicleClass: '', limit: '', status: '', carry: '' })).toEqual([]);
  });

  it('carries where it is asked to', () => {
    const carryOf = (carry: string) => {
      const parsed = parseNearbyQuery({ ...place, carry }, 'rider');
      return parsed.ok && parsed.query.carry;
    };
    expect(['true', 'false', ''].map(carryOf)).toEqual([true, false, false]);
  });

  it('shows riders the available only, and fleets whom they ask for', () => {
    const statusesOf = (role: 'rider' | 'fleet' | 'ops', status?: string) => {
      const parsed = parseNearbyQuery({ ...place, status }, role);
      return parsed.ok ? [...parsed.query.statuses] : parsed.faults;
    };
    expect(statusesOf('rider')).toEqual(['available']);
    expect(statusesOf('rider', 'available')).toEqual(['available']);
    expect(statusesOf('rider', 'on_trip')).toEqual(['status: riders see available drivers only']);
    expect(statusesOf('fleet')).toEqual([...STATUSES]);
    expect(statusesOf('ops', 'on_trip,idle')).toEqual(['on_trip', 'idle']);
  });
});
