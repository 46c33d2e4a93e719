/** What is known of a target's health: the active checks, the requests that fail, and the one state machine that both go through. */
@NullMarked
package dev.sluice.health;

import org.jspecify.annotations.NullMarked;
