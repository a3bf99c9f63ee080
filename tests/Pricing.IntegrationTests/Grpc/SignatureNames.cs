using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>
/// Writes signatures as text that is equal for a reference and its definition: full type names without assemblies
/// (the same system type may be referred to through different ones), generic parameters by position.
/// </summary>
sealed class SignatureNames : ISignatureTypeProvider<string, object?>
{
    public static SignatureNames Instance { get; } = new();

    public static string Describe(MetadataReader metadata, MemberReference member) =>
        member.GetKind() == MemberReferenceKind.Method
            ? Text(metadata.GetString(member.Name), member.DecodeMethodSignature(Instance, null))
            : $"{member.DecodeFieldSignature(Instance, null)} {metadata.GetString(member.Name)}";

    public static string Describe(MetadataReader metadata, MethodDefinition method) =>
        Text(metadata.GetString(method.Name), method.DecodeSignature(Instance, null));

    public static string Describe(MetadataReader metadata, FieldDefinition field) =>
        $"{field.DecodeSignature(Instance, null)} {metadata.GetString(field.Name)}";

    static string Text(string name, MethodSignature<string> signature) =>
        $"{(signature.Header.IsInstance ? "" : "static ")}{signature.ReturnType} {name}`{signature.GenericParameterCount}"
        + $"({string.Join(", ", signature.ParameterTypes)})";

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, rawTypeKind)}/{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        var outer = type.GetDeclaringType();
        return outer.IsNil ? $"{reader.GetString(type.Namespace)}.{name}" : $"{GetTypeFromDefinition(reader, outer, rawTypeKind)}/{name}";
    }

    public string GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
        $"{genericType}<{string.Join(", ", typeArguments)}>";

    public string GetGenericTypeParameter(object? context, int index) => $"!{index}";

    public string GetGenericMethodParameter(object? context, int index) => $"!!{index}";

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{shape.Rank}]";

    public string GetByReferenceType(string elementType) => elementType + "&";

    public string GetPointerType(string elementType) => elementType + "*";

    public string GetPinnedType(string elementType) => elementType;

    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) =>
        $"{unmodifiedType} {(isRequired ? "modreq" : "modopt")}({modifier})";

    public string GetFunctionPointerType(MethodSignature<string> signature) => Text("fnptr", signature);
}
