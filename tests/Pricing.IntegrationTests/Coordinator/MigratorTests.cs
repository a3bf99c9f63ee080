using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Database;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests.Coordinator;

[TestFixture]
public sealed class MigratorTests
{
    [Test, CancelAfter(60_000)]
    public async Task Coordinators_that_start_together_migrate_once(CancellationToken cancel)
    {
        await using var source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.MigrateAsync(source, cancel)));
        await Migrator.MigrateAsync(source, cancel);
        await using var count = source.CreateCommand("select count(*) from migration");
        Assert.That(await count.ExecuteScalarAsync(cancel), Is.EqualTo((long)Migrator.Embedded.Count));
    }

    [Test, CancelAfter(60_000)]
    public async Task An_edited_migration_is_refused(CancellationToken cancel)
    {
        await using var source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());
        await Migrator.MigrateAsync(source, [new Migration("0001_a", "create table a (x int)")], cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(source, [new Migration("0001_a", "create table a (x bigint)")], cancel));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_migration_that_fails_leaves_nothing_and_can_be_mended(CancellationToken cancel)
    {
        await using var source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());
        await Assert.ThrowsAsync<PostgresException>(() => Migrator.MigrateAsync(source, [new Migration("0001_a", "create table a (x int); select 1/0")], cancel));
        await Migrator.MigrateAsync(source, [new Migration("0001_a", "create table a (x int)")], cancel);
    }
}
