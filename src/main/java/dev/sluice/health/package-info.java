/** The health of targets: active checks, failed requests, and the state machine that both feed. */
@NullMarked
package dev.sluice.health;

import org.jspecify.annotations.NullMarked;
