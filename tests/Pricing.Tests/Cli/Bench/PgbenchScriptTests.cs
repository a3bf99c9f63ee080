using NUnit.Framework;
using Pricing.Cli.Bench;

namespace Pricing.Tests.Cli.Bench;

[TestFixture]
public sealed class PgbenchScriptTests
{
    [Test]
    public void The_script_holds_the_coordinators_statements_with_every_value_given()
    {
        var script = PgbenchScript.Write(2);
        Assert.That(script, Does.Not.Match(@"\$\d"), "no parameter is left");
        foreach (var part in new[] { "insert into request", "on conflict (model_sha256, options_key, engine_version)", "insert into quote", "skip locked", "array_agg(job_id order by pass, job_id))[2]", "insert into measurement" })
            Assert.That(script, Does.Contain(part));
        Assert.That(script.Split("begin;\n").Length - 1, Is.EqualTo(4), "two accepted and two answered, each in its transaction");
        var given = PgbenchScript.Variables([1], 2, Guid.Empty, 3);
        Assert.That(given["nodes"].Split(','), Has.Length.EqualTo(2));
    }
}
