using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>
/// The official server and client were compiled against the official Grpc.Core.Api and Grpc.Net.Common. Whatever they
/// refer to must be in ours, with the same signature, or a call fails at run time in the middle of the night.
/// </summary>
[TestFixture("Grpc.AspNetCore.Server", 60)]
[TestFixture("Grpc.Net.Client", 100)]
sealed class StandInSurfaceTests(string official, int referencesMin)
{
    static readonly string[] StandIns = ["Grpc.Core.Api", "Grpc.Net.Common"];

    readonly Assembly _assembly = Assembly.Load(official);

    [Test]
    public void Every_type_loads()
    {
        // Loading a type checks its bases, interfaces, overrides and generic constraints against ours.
        var types = _assembly.GetTypes();

        Assert.That(types, Has.Length.GreaterThan(50));
        Assert.That(types.SelectMany(type => type.GetInterfaces()), Is.Not.Empty);
    }

    [Test]
    public void Every_assembly_reference_is_met_by_name_key_and_version()
    {
        var references = _assembly.GetReferencedAssemblies().Where(reference => StandIns.Contains(reference.Name)).ToArray();

        Assert.That(references, Is.Not.Empty);
        foreach (var reference in references)
        {
            var ours = Assembly.Load(reference.Name!).GetName();
            Assert.That(Convert.ToHexString(ours.GetPublicKeyToken()!), Is.EqualTo(Convert.ToHexString(reference.GetPublicKeyToken()!)));
            Assert.That(ours.Version, Is.EqualTo(reference.Version));
        }
    }

    [Test]
    public void Every_type_and_member_reference_resolves()
    {
        using var file = new PEReader(File.OpenRead(_assembly.Location));
        var standIns = StandIns.Select(name => new StandIn(Assembly.Load(name).Location)).ToArray();
        var metadata = file.GetMetadataReader();
        var resolved = 0;
        var missing = new List<string>();

        foreach (var handle in metadata.TypeReferences)
        {
            if (Owner(metadata, handle) is not { } assembly)
                continue;
            var name = SignatureNames.Instance.GetTypeFromReference(metadata, handle, 0);
            if (standIns.Single(standIn => standIn.Name == assembly).HasType(name))
                resolved++;
            else
                missing.Add($"{assembly}: type {name}");
        }

        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (ParentType(metadata, member.Parent) is not { } parent || Owner(metadata, parent) is not { } assembly)
                continue;
            var type = SignatureNames.Instance.GetTypeFromReference(metadata, parent, 0);
            var text = SignatureNames.Describe(metadata, member);
            if (standIns.Single(standIn => standIn.Name == assembly).HasMember(type, text))
                resolved++;
            else
                missing.Add($"{assembly}: {type} :: {text}");
        }

        TestContext.Out.WriteLine($"{official}: {resolved} references resolved");
        Assert.That(missing, Is.Empty);
        Assert.That(resolved, Is.GreaterThan(referencesMin), "the walk must have found the references at all");
    }

    /// <summary>The open type a member belongs to; null when that is not a type of another assembly.</summary>
    static TypeReferenceHandle? ParentType(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference)
            return (TypeReferenceHandle)parent;
        if (parent.Kind != HandleKind.TypeSpecification)
            return null;
        // A generic instantiation is GENERICINST, CLASS or VALUETYPE, then the coded token of the open type.
        var blob = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return null;
        blob.ReadCompressedInteger();
        var open = blob.ReadTypeHandle();
        return open.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)open : null;
    }

    /// <summary>Which stand-in a type is expected in; null for all other assemblies.</summary>
    static string? Owner(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var scope = metadata.GetTypeReference(handle).ResolutionScope;
        if (scope.Kind == HandleKind.TypeReference)
            return Owner(metadata, (TypeReferenceHandle)scope);
        if (scope.Kind != HandleKind.AssemblyReference)
            return null;
        var name = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name);
        return StandIns.Contains(name) ? name : null;
    }

    /// <summary>The visible types and members of one assembly, by name and signature.</summary>
    sealed class StandIn
    {
        readonly Dictionary<string, HashSet<string>> _members = [];
        readonly Dictionary<string, string> _bases = [];

        public StandIn(string path)
        {
            using var file = new PEReader(File.OpenRead(path));
            var metadata = file.GetMetadataReader();
            Name = metadata.GetString(metadata.GetAssemblyDefinition().Name);
            foreach (var handle in metadata.TypeDefinitions)
            {
                var type = metadata.GetTypeDefinition(handle);
                if ((type.Attributes & TypeAttributes.VisibilityMask)
                    is not (TypeAttributes.Public or TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem))
                    continue;
                var name = SignatureNames.Instance.GetTypeFromDefinition(metadata, handle, 0);
                if (!type.BaseType.IsNil && type.BaseType.Kind == HandleKind.TypeDefinition)
                    _bases[name] = SignatureNames.Instance.GetTypeFromDefinition(metadata, (TypeDefinitionHandle)type.BaseType, 0);
                _members[name] =
                [
                    .. type.GetMethods().Select(metadata.GetMethodDefinition)
                        .Where(method => (method.Attributes & MethodAttributes.MemberAccessMask)
                            is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem)
                        .Select(method => SignatureNames.Describe(metadata, method)),
                    .. type.GetFields().Select(metadata.GetFieldDefinition)
                        .Where(field => (field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public)
                        .Select(field => SignatureNames.Describe(metadata, field)),
                ];
            }
        }

        public string Name { get; }

        public bool HasType(string type) => _members.ContainsKey(type);

        /// <summary>Whether the type or one of its bases in this assembly has the member.</summary>
        public bool HasMember(string type, string member) =>
            _members.TryGetValue(type, out var members)
            && (members.Contains(member) || (_bases.TryGetValue(type, out var parent) && HasMember(parent, member)));
    }
}
