/**
 * What Sluice promises over HTTP, as black-box tests. {@link dev.sluice.contract.Contracts} has all promises; for each
 * host, one subclass runs them against one process.
 */
package dev.sluice.contract;
