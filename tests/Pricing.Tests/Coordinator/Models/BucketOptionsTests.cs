using NUnit.Framework;
using Pricing.Coordinator.Models;

namespace Pricing.Tests.Coordinator.Models;

[TestFixture]
public sealed class BucketOptionsTests
{
    [Test]
    public void An_address_names_bucket_prefix_endpoint_and_region()
    {
        var options = BucketOptions.TryParse("s3://models/a/b?endpoint=http://10.0.0.9:9000&region=eu-central-1")!;
        Assert.That((options.Bucket, options.Prefix, options.Endpoint, options.Region), Is.EqualTo(("models", "a/b/", new Uri("http://10.0.0.9:9000"), "eu-central-1")));
        Assert.That(options.Credentials, Is.Null, "they come from the environment or files");
    }

    [Test]
    public void A_bucket_alone_is_one_of_aws()
    {
        var options = BucketOptions.TryParse("s3://models")!;
        Assert.That((options.Prefix, options.Endpoint, options.Region), Is.EqualTo(("", (Uri?)null, "us-east-1")));
    }

    [TestCase("s3://"), TestCase("s3://key:secret@models"), TestCase("s3://models?secret=x"), TestCase("s3://models?endpoint=nowhere"),
        TestCase("s3://models?endpoint=http://key:secret@host"), TestCase("s3://models?region="), TestCase("http://models"), TestCase("/srv/models")]
    public void What_is_no_address_or_holds_a_secret_is_refused(string text) => Assert.That(BucketOptions.TryParse(text), Is.Null);
}
