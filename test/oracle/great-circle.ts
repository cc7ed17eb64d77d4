/**
 * Metres along the great circle on a sphere of radius 6,371,008.8 m, by the form of Vincenty's formula for a sphere,
 * which is exact at every distance. The project itself uses haversines: two ways to the same figure.
 * Source: T. Vincenty, "Direct and Inverse Solutions of Geodesics on the Ellipsoid", Survey Review 23 (1975), with no
 * flattening.
 */
export function greatCircleM(from: { lat: number; lng: number }, to: { lat: number; lng: number }): number {
  const deltaLngRad = ((to.lng - from.lng) * Math.PI) / 180;
  const sinFrom = Math.sin((from.lat * Math.PI) / 180);
  const cosFrom = Math.cos((from.lat * Math.PI) / 180);
  const sinTo = Math.sin((to.lat * Math.PI) / 180);
  const cosTo = Math.cos((to.lat * Math.PI) / 180);
  const across = Math.hypot(cosTo * Math.sin(deltaLngRad), cosFrom * sinTo - sinFrom * cosTo * Math.cos(deltaLngRad));
  const along = sinFrom * sinTo + cosFrom * cosTo * Math.cos(deltaLngRad);
  return 6_371_008.8 * Math.atan2(across, along);
}
