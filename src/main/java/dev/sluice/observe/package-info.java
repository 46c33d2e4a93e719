/**
 * Logs and metrics of the traffic. This package is told what happened; it does not reach into the packages that serve
 * requests.
 */
@NullMarked
package dev.sluice.observe;

import org.jspecify.annotations.NullMarked;
