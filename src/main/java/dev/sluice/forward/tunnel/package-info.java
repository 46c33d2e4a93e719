/** What an exchange becomes when its target agrees to another protocol, such as WebSocket. */
@NullMarked
package dev.sluice.forward.tunnel;

import org.jspecify.annotations.NullMarked;
