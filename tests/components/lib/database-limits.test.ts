import { capacityProblem, connectionLimits, usableConnections } from "../../../components/lib/database-limits";

describe("the server's connections", () => {
  const demand = { poolSizePerPod: 5, maximumPods: 4, minReadySeconds: 10, terminationGraceSeconds: 15 };

  it.each([
    [1, 10, 4 + 1 + 1],
    [10, 10, 4 + 1 + 1],
    [11, 10, 4 + 1 + 2],
    [45, 10, 4 + 1 + 4],
    [10, 4, 4 + 1 + 3],
  ])(
    "are shared by the pods, the surge pod and, with a grace period of %i s and %i s a pod, those that are going: %i",
    (grace, ready, pods) => {
      expect(connectionLimits({ ...demand, minReadySeconds: ready, terminationGraceSeconds: grace })).toEqual({
        migrator: 2,
        app: 5 * pods,
        backup: 3,
      });
    },
  );

  it("suffice to the last one", () => {
    // 5 × (4 + 1 + 2) + 2 + 3
    expect(capacityProblem(demand, { maxConnections: 50, reservedConnections: 10 })).toBeUndefined();
    expect(usableConnections({ maxConnections: 50, reservedConnections: 10 })).toBe(40);
  });

  it("are refused with every number when one is missing", () => {
    expect(capacityProblem(demand, { maxConnections: 49, reservedConnections: 10 })).toBe(
      "at most 4: 4 pods + 1 surge + 2 terminating = 7 × 5 = 35, + 2 migration + 3 backup = 40 connections, and 49 max_connections − 10 reserved = 39",
    );
    expect(capacityProblem(demand, { maxConnections: 20, reservedConnections: 10 })).toBe(
      "smaller than is possible: lower web.replicas.maximum: 4 pods + 1 surge + 2 terminating = 7 × 5 = 35, + 2 migration + 3 backup = 40 connections, and 20 max_connections − 10 reserved = 10",
    );
  });
});
